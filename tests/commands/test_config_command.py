"""Settings are listed with their origin, checked as a whole, and edited without damage."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import environment
from tests.scripts import SCRIPTS
from tests.vt import Terminal

PROBLEMS = """\
batch-size = 3
workers = "many"
fix = "saef"
retry_delay = "10x"
offline = 1
[audiobooks]
bitrat = 64
bitrate = 64
channels = [2]
[music]
[audiobook]
"""
SECTIONS = (
    "paths, processing, profiles, rules, audiobooks, episodes, state_management, presets, web"
)


def run(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = environment({"MEDIAKEEP_HOME": str(home), **more})
    command = [sys.executable, "-m", "mediakeep", "config", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=SCRIPTS, env=env)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "mediakeep.toml").write_text('fix = "matched"\n[audiobooks]\nbitrate = "96k"\n')
    return tmp_path


def test_each_setting_is_shown_with_its_value_and_origin(home: Path) -> None:
    done = run(
        home,
        "--json",
        MEDIAKEEP_BATCH_SIZE="3",
        MEDIAKEEP_MONITORING_WEBHOOK_URL="https://x/secret",
    )
    assert "secret" not in done.stdout.replace("(secret)", "")
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    found = {row["name"]: (row["value"], row["origin"]) for row in rows}
    assert found["fix"] == ("matched", "mediakeep.toml")
    assert found["batch_size"] == ("3", "MEDIAKEEP_BATCH_SIZE")
    assert found["max_attempts"] == (3, "default")
    assert found["audiobooks.bitrate"] == ("96k", "mediakeep.toml")
    secret = found["state_management.monitoring.webhook_url"]
    assert secret == ("(secret)", "MEDIAKEEP_MONITORING_WEBHOOK_URL")
    shown = run(home, "--changed").stdout.splitlines()
    assert shown[0] == f"Home: {home}"
    assert [line.split() for line in shown[1:]] == [
        ["workers", "=", '"2"', "MEDIAKEEP_WORKERS"],
        ["fix", "=", '"matched"', "mediakeep.toml"],
        ["audiobooks.bitrate", "=", '"96k"', "mediakeep.toml"],
    ]


@pytest.mark.long
def test_all_problems_are_named_at_once_with_the_nearest_name(home: Path) -> None:
    done = run(home, "check")
    assert (done.returncode, done.stdout) == (0, f"The settings of {home} are valid.\n")
    path = home / "mediakeep.toml"
    path.write_text(PROBLEMS)
    done = run(home, "check", MEDIAKEEP_FIXX="none", MEDIAKEEP_ID3="4")
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        f'{path}: workers: a whole number is expected, not "many".',
        f'{path}: retry_delay: "10x" is not a duration; write it like 90s, 30m or 2h',
        f"{path}: fix: 'saef' is not one of 'none', 'safe', 'matched'. Did you mean safe?",
        f"{path}: offline: true or false is expected, not 1.",
        f"{path}: there is no section audiobook. Did you mean audiobooks?",
        f"{path}: there is no section music. Sections: {SECTIONS}.",
        f"{path}: unknown setting batch-size. Did you mean batch_size?",
        f"{path}, section [audiobooks]: unknown setting bitrat. Did you mean bitrate?",
        f"{path}: audiobooks.bitrate: a text in quotes is expected, not 64.",
        f"{path}: audiobooks.channels: a whole number is expected, not a list.",
        "MEDIAKEEP_FIXX: unknown setting. Did you mean MEDIAKEEP_FIX?",
        "MEDIAKEEP_ID3: '4' is not one of 'keep', '2.3', '2.4'.",
    ]
    path.write_text('fix = "all"\n')
    done = run(home, "check", MEDIAKEEP_ID3="2.5")
    assert done.returncode == 2
    assert done.stdout.startswith(f"{path}: fix: 'all' is not one of 'none', 'safe', 'matched'.")
    assert "MEDIAKEEP_ID3: '2.5' is not one of" in done.stdout
    path.write_text("fix = \n")
    done = run(home, "check")
    assert done.returncode == 2
    assert f"{path}: Invalid value (at line 1, column 7)" in done.stdout


def edit(home: Path, text: str, editor: str = "") -> subprocess.CompletedProcess[str]:
    """Run `config edit` with an editor that writes a text."""
    code = f"import sys; open(sys.argv[1], 'w').write({text!r})"
    line = editor or shlex.join([sys.executable, "-c", code])
    return run(home, "edit", EDITOR=line, VISUAL=line)


@pytest.mark.long
def test_only_valid_settings_are_saved(home: Path) -> None:
    path = home / "mediakeep.toml"
    path.chmod(0o600)
    old = path.read_bytes()
    done = edit(home, "fixx = 'none'\n")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"{path}: unknown setting fixx. Did you mean fix?",
        f"{path} not changed. Your text is in {find_kept(home)}.",
    ]
    assert find_kept(home).read_text() == "fixx = 'none'\n"
    assert find_kept(home).stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == old
    assert edit(home, "", "true").stdout == "Not changed.\n"
    assert edit(home, "", "/no/such/editor").returncode == 1
    assert path.read_bytes() == old
    done = edit(home, "fix = 'none'\n")
    assert (done.returncode, done.stdout) == (0, f"Saved: {path}\n")
    assert path.read_text() == "fix = 'none'\n"
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    assert edit(home, "workers = 1\n").returncode == 0  # there was no file


def find_kept(home: Path) -> Path:
    """Return the file with the text of a user that was not saved."""
    (kept,) = home.glob("mediakeep-edited-*.toml")
    return kept


def test_a_file_that_was_changed_during_the_edit_is_not_overwritten(home: Path) -> None:
    path = home / "mediakeep.toml"
    code = "import sys; open(sys.argv[1], 'w').write('jobs = 1\\n')"
    other = f"open({str(path)!r}, 'w').write('workers = 2\\n')"
    done = edit(home, "", shlex.join([sys.executable, "-c", f"{code}; {other}"]))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{path} was changed while you edited it, and is left as it is.")
    assert str(find_kept(home)) in done.stderr
    assert path.read_text() == "workers = 2\n"
    assert find_kept(home).read_text() == "jobs = 1\n"


def test_a_text_of_a_declined_edit_is_kept(home: Path) -> None:
    code = "import sys; open(sys.argv[1], 'w').write('fixx = 1\\n')"
    editor = shlex.join([sys.executable, "-c", code])
    more = {"MEDIAKEEP_HOME": str(home), "EDITOR": editor, "VISUAL": editor}
    command = [sys.executable, "-m", "mediakeep", "config", "edit"]
    env = environment({**more, "PYTHONPATH": str(SCRIPTS)})
    with Terminal(command, env, 200) as terminal:
        terminal.until(lambda _: "Edit again?" in terminal.screen.printed)
        # Python notices a Ctrl-C that comes just before it waits for a line only with the next key.
        terminal.type(b"\x03\n")
        assert terminal.end() == 2
        assert str(find_kept(home)) in terminal.screen.printed
    assert find_kept(home).read_text() == "fixx = 1\n"


def test_a_file_that_is_not_utf_8_is_named(home: Path) -> None:
    path = home / "mediakeep.toml"
    path.write_bytes(b"contact = '\xe9'\n")
    checked, edited = run(home, "check"), edit(home, "jobs = 1\n")
    assert (checked.returncode, edited.returncode) == (2, 2)
    assert edited.stderr == checked.stdout
    assert edited.stderr.startswith(f"{path}: 'utf-8' codec can't decode byte 0xe9")
    assert path.read_bytes() == b"contact = '\xe9'\n"
