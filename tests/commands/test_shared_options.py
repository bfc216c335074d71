"""-n, -q, -v and -y are on every command, and do the same on each; arguments have one order."""

from __future__ import annotations

import copy
import re
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from mediakeep import command_table
from mediakeep.app.console import CommandResult
from mediakeep.commands.app import MediakeepCommand
from tests.commands import hands
from tests.commands.conftest import Home, environment
from tests.commands.test_help import COMMANDS
from tests.sampling import each_row
from tests.vt import Terminal

# The commands that lack an option, and why; those of a queue stand for all five.
READ = (
    *("queue summary", "queue list", "queue show", "queue validate", "queue checkpoints"),
    *("queue list-quarantine", "dashboard", "episodes estimate", "audio pipeline list"),
    *("audio pipeline validate", "audio plugins info", "audio plugins list"),
    *("audio sessions info", "audio sessions list", "web tokens list", "jobs list", "jobs show"),
    *("config show", "config check", "completion"),
)
WRITE_NEW_FILES = (  # and change none
    *("metadata", "master", "movies metadata", "movies master", "lookup musicbrainz", "sample"),
    *("queue checkpoint", "queue backup", "web tokens create", "episodes login"),
)
OTHERS = (
    "queue replay-aside",  # is a dry run without --yes
    *("queue repair", "queue archive-logs"),  # `validate` names the damage; logs stay readable
    *("config edit", "web tokens revoke"),  # ask or name exactly what is changed
    *("audio sessions resume", "simulate", "web serve"),  # run until they are stopped
)
LACKING = {
    "--dry-run": {*READ, *WRITE_NEW_FILES, *OTHERS},
    "--quiet": {"dashboard", "completion", "web tokens create"},  # only print
    "--verbose": set[str](),
}
LEAVES = {
    name.removeprefix("mediakeep "): command
    for name, command in COMMANDS.items()
    if isinstance(command, MediakeepCommand)
}


def list_flags(command: click.Command) -> set[str]:
    return {flag for each in command.get_params(click.Context(command)) for flag in each.opts}


@each_row("flag", LACKING)
def test_every_command_has_the_option_or_a_reason_to_lack_it(flag: str) -> None:
    found = {name for name, command in LEAVES.items() if flag not in list_flags(command)}
    of_kinds = re.compile("^(movies|albums|audiobooks|episodes) (?=queue )")
    assert {of_kinds.sub("", name) for name in found} == LACKING[flag]


def test_only_commands_that_scan_have_options_on_what_scans_skip() -> None:
    of_queues = {name for name in LEAVES if "queue " in f"{name} " and "batch" not in name}
    scanning = {name for name in of_queues if "--ignore" in list_flags(LEAVES[name])}
    assert {name.split()[-1] for name in scanning} == {"scan", "relocate", "import"}


@each_row("name", LEAVES)
def test_every_command_is_quiet_and_verbose(name: str) -> None:
    command: Any = copy.copy(LEAVES[name])
    command.build_more = list
    command.params = [each for each in command.params if each.name in ("quiet", "verbose")]
    command.callback = lambda: CommandResult(["Done."])
    plain, verbose = (CliRunner().invoke(command, words) for words in ([], ["-v"]))
    assert (plain.stdout, plain.stderr) == ("Done.\n", "")
    assert verbose.stdout == "Done.\n"
    assert re.search(r"\d:\d\d\.\d{3} Ended after ", verbose.stderr)
    if name not in LACKING["--quiet"]:
        assert CliRunner().invoke(command, ["-q"]).output == ""
        both = CliRunner().invoke(command, ["-qv"])
        assert (both.exit_code, both.stdout) == (2, "")
        assert "Give --verbose or --quiet, not both." in both.stderr


@pytest.fixture
def damaged(tmp_path: Path) -> Home:
    home = hands.scanned(hands.library(tmp_path))
    (home.queue / "processing_queue.json").write_text("{")
    return home


def test_verbose_prints_what_is_done_and_where_an_error_arose(damaged: Home) -> None:
    failed = hands.run(damaged, "music_queue_manager", "-v", "--reset-all", "--yes")
    assert failed.code == 3
    assert "SnapshotDamaged" in failed.err
    assert "snapshot.py" in failed.err
    assert "Traceback" not in hands.run(damaged, "music_queue_manager", "--reset-all", "-y").err
    done = hands.run(damaged, "music_queue_manager", "-v", "--repair")
    assert f"Home: {damaged.path}, settings: none" in done.err
    reset = hands.run(damaged, "music_queue_manager", "-v", "--reset-all", "-y")
    assert re.search("Written: .*weekly", hands.run(damaged, "weekly_report", "-v").err)
    assert re.search("Commit reset to .*processing_queue.json: 1 item\n", reset.err)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A queue with a checkpoint, a backup and an old library."""
    home = hands.scanned(hands.library(tmp_path_factory.mktemp("used")))
    hands.ok(home, "music_queue_manager", "--checkpoint")
    hands.ok(home, "music_queue_manager", "--backup", home.path.parent / "backup.tar.gz")
    shutil.copytree(home.music / "Vera", home.music / "Lost")
    hands.ok(home, "music_queue_manager", "--scan", home.music)
    shutil.copytree(home.music / "Vera", home.music / "Vega")
    (home.path.parent / "moved").symlink_to(home.music)
    return home


def test_a_quiet_command_draws_no_progress_on_a_terminal(tmp_path: Path) -> None:
    home = hands.library(tmp_path)
    words = ("fix_metadata", "-nq", "genre", home.music, "Rock")
    with Terminal(home.command(*words), environment({"TERM": "xterm"})) as shown:
        assert (shown.end(), shown.raw) == (0, b"")


DRY_RUNS = [  # the words of an action, and what it says
    (["--scan", "{music}"], "3 artists on disk: 1 new."),
    (["--relocate", "{moved}"], "3 artists on disk: 1 new."),
    (["--reset-artist", "Vera"], '"Vera" is pending again.'),
    (["--reset-all"], '"Vera" is pending again.'),
    (["--reset-errors"], "Nothing to reset."),
    (["--mark-completed", "Lost"], '"Lost" is marked as completed.'),
    (["--prioritize", "Lost"], '"Lost" is next.'),
    (["--reset-in-progress"], "Nothing to reset."),
    (["--reset-outdated"], "Nothing to reset."),
    (["--forget-vanished"], "Nothing is forgotten."),
    (["--restore-checkpoint", "latest"], "Restored: "),
    (["--restore-backup", "{backup}"], "Restored: the backup of "),
    (["--prune-checkpoints", "1"], "0 checkpoints removed, 0 bytes freed."),
]


@each_row("words, said", DRY_RUNS)
def test_a_dry_run_of_an_action_says_what_it_would_do_and_changes_nothing(
    words: list[str], said: str, used: Home
) -> None:
    outside = {"music": used.music, "moved": used.path.parent / "moved"}
    places = {**outside, "backup": used.path.parent / "backup.tar.gz"}
    given = [word.format(**places) for word in words]
    before = hands.state(used.path, used.music)
    shown = hands.ok(used, "music_queue_manager", "-n", *given)
    assert said in shown
    assert shown.endswith("Dry run: nothing changed.\n")
    assert hands.state(used.path, used.music) == before
    told = hands.run(used, "music_queue_manager", "-n", "--json", *given)
    assert told.data["dry_run"] is True


def test_a_dry_run_creates_no_queue(tmp_path: Path) -> None:
    home = hands.library(tmp_path)
    shown = hands.ok(home, "music_queue_manager", "-n", "--scan", home.music)
    assert shown == "New queue: 1 artist, 7 tracks.\nDry run: nothing changed.\n"
    assert list(home.path.iterdir()) == []


def test_the_value_is_the_last_word_of_both_edits(tmp_path: Path) -> None:
    home = hands.library(tmp_path)
    album = str(home.music / "Vera" / "Dusk")
    for name, words in (
        ("edit", ["genre", album, "Rock"]),
        ("edit-albums", ["genre", album, "Pop"]),
    ):
        done = CliRunner().invoke(LEAVES[name], [*words, "--home", str(home.path), "--yes"])
        assert done.exit_code == 0, done.output
        assert hands.read(Path(album) / "CD 1" / "01 Rope.mp3").genres == (words[-1],)


def test_a_printed_command_for_albums_has_the_order_of_the_program() -> None:
    words = "--only-missing genre GENRE 'Vera/A B' Vera/C"
    assert command_table.shorten("batch_fix_metadata.py", words) == (
        "edit-albums",
        "--only-missing genre 'Vera/A B' Vera/C GENRE",
    )
