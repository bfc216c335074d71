"""The console of the use cases: results go to stdout, everything else to stderr."""

from __future__ import annotations

import io
import sys

import pytest
from rich.cells import cell_len
from rich.console import Console as RichConsole

from mediakeep.app.console import Console
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.display import progress_bar
from tests.commands.conftest import DOORS, environment
from tests.vt import Terminal

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


def test_without_a_terminal_no_progress_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with CONSOLE.track_progress("ab") as values:
        assert list(values) == ["a", "b"]
    assert capsys.readouterr() == ("", "")


def test_progress_on_a_terminal_is_removed_before_an_error_is_printed() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from mediakeep.commands.console import ClickConsole\n"
        "with ClickConsole().track_progress('ab') as values:\n"
        "    for value in values:\n"
        "        assert value == 'a', 'stopped'\n"
    )
    line = [sys.executable, "-c", code, str(DOORS)]
    with Terminal(line, environment({"TERM": "xterm"})) as shown:
        assert shown.end() == 1
    text = shown.raw.decode()
    assert "0/2" in text
    assert text.rpartition("\x1b[2K")[2].startswith("Traceback")
    assert "AssertionError: stopped" in text
    assert "\x1b[?25l" not in text  # the cursor stays: a killed command could not show it again


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_a_progress_bar_takes_one_line_and_shows_names_as_text(columns: int) -> None:
    progress = progress_bar.create_progress(stderr=True)
    progress.add_task("[red]山口百恵[/red] 3/40", total=1234, completed=7)
    console = RichConsole(width=columns, file=io.StringIO())
    with console.capture() as capture:
        console.print(progress.get_renderable())
    (line,) = capture.get().splitlines()
    assert cell_len(line) <= columns
    assert "red" not in line or "[red]" in line
    assert columns < 80 or "[red]山口百恵" in line
