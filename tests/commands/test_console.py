"""The console of the use cases: results go to stdout, everything else to stderr."""

from __future__ import annotations

import pytest

from mediakeep.app.console import Console
from mediakeep.commands.console import ClickConsole

CONSOLE: Console = ClickConsole()


def test_results_are_printed_as_lines_or_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    CONSOLE.print_result(["one", "two"], {"n": 2}, as_json=False)
    CONSOLE.print_result(["one", "two"], {"n": 2}, as_json=True)
    CONSOLE.print_lines([])
    assert capsys.readouterr() == ('one\ntwo\n{\n  "n": 2\n}\n', "")


def test_messages_and_warnings_go_to_stderr_with_controls_escaped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    CONSOLE.print_message("a\x1b[2Jb\nc")
    CONSOLE.print_warning("low on space")
    out, err = capsys.readouterr()
    assert (out, "\x1b" in err) == ("", False)
    assert err.splitlines()[1:] == ["c", "Warning: low on space"]


@pytest.mark.parametrize(
    ("terminal", "shown"), [(False, ""), (True, "\r\x1b[2K1/2\r\x1b[2K2/2\r\x1b[2K")]
)
def test_progress_is_shown_on_a_terminal_only(
    terminal: bool,
    shown: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    assert list(CONSOLE.track_progress("ab")) == ["a", "b"]
    assert capsys.readouterr() == ("", shown)
