"""Commands are named as the user who reads them has them, on one line and no longer than needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep import command_text, home_folder
from mediakeep.command_table import TABLE
from mediakeep.commands import main
from mediakeep.music.reports.fix_commands import REVIEW_FILE
from tests import documents
from tests.sampling import each_row

HOME = Path("/homes/one two")
LIST = f"--from-review {REVIEW_FILE}"
# A script, the words that follow it, and the same for `mediakeep`.
SHORT = [
    ("fix_metadata.py", f"{LIST} --accept 065c65737d6", "accept", "065c65737d6"),
    ("fix_metadata.py", f"{LIST} --accept a b --mbid M", "accept", "a b --mbid M"),
    ("fix_metadata.py", f"{LIST} --accept-kind K --artist N", "accept", "--kind K --artist N"),
    ("fix_metadata.py", "title A.mp3 B", "edit", "title A.mp3 B"),
    ("music_queue_manager.py", "", "queue", ""),
    ("music_queue_manager.py", "--scan /m", "scan", "/m"),
    ("music_queue_manager.py", "--show-summary", "queue summary", ""),
    ("music_queue_manager.py", "--reset-artist 'A B'", "queue reset", "'A B'"),
    ("movie_queue_manager.py", "--reset-movie A --reset-movie B", "movies queue reset", "A B"),
    ("album_queue_manager.py --queue n", "--reset-all", "albums queue reset-all --queue n", ""),
    ("album_queue_manager.py", "--list --status error", "albums queue list", "--status error"),
    ("episode_queue_manager.py", "--scan X", "episodes queue scan", "X"),
    ("movie_queue_manager.py", "--validate-queue", "movies queue validate", ""),
    ("migrate_episodes.py run", "--all", "episodes run", "--all"),
    ("undo_changes.py", "--session s", "undo", "--session s"),
]


@each_row("script, words, name, rest", SHORT)
def test_a_command_is_the_one_that_this_user_has(
    script: str, words: str, name: str, rest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = "--home '/homes/one two'"
    stem, _, own = script.partition(" ")

    def join(*parts: str) -> str:
        return " ".join(filter(None, parts))

    long = join(f"python utilities/{stem}", own)
    assert command_text.format_command(script, None, words) == join(long, words)
    assert command_text.format_command(script, HOME, words) == join(long, home, words)
    monkeypatch.setenv(command_text.PROGRAM_VARIABLE, "mediakeep")
    assert command_text.format_command(script, None, words) == join("mediakeep", name, rest)
    assert command_text.format_command(script, HOME, words) == join("mediakeep", name, home, rest)
    monkeypatch.delenv(command_text.PROGRAM_VARIABLE)
    monkeypatch.setattr(home_folder, "find_checkout", lambda: None)
    assert command_text.format_command(script, None, words) == join("mediakeep", name, rest)


def test_a_home_that_is_found_without_the_option_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(command_text.PROGRAM_VARIABLE, "mediakeep")
    home, other = tmp_path / "home", tmp_path / "other"
    (other / "status" / "music").mkdir(parents=True)
    home.mkdir()

    def name(of: Path) -> str:
        return command_text.format_command("undo_changes.py", of, "--list")

    monkeypatch.chdir(home)
    assert name(home) == "mediakeep undo --list"
    assert name(other) == f"mediakeep undo --home {other} --list"
    checkout = home_folder.find_checkout()
    assert checkout
    assert name(checkout) == "mediakeep undo --list"
    monkeypatch.chdir(other)
    (other / "mediakeep.toml").touch()  # a home, which would be used instead of the checkout
    assert name(checkout) == f"mediakeep undo --home {checkout} --list"
    monkeypatch.setenv("MEDIAKEEP_HOME", str(home))
    assert name(home) == "mediakeep undo --list"
    assert name(other) == f"mediakeep undo --home {other} --list"
    monkeypatch.delenv(command_text.PROGRAM_VARIABLE)  # scripts name each home but the checkout
    assert name(home) == f"python utilities/undo_changes.py --home {home} --list"


def test_scripts_that_a_text_names_become_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Run embed_cover.py ALBUM, music_queue_manager.py --repair or own.py --x."
    assert command_text.rewrite_commands(text) == (
        "Run python utilities/embed_cover.py ALBUM,"
        " python utilities/music_queue_manager.py --repair or own.py --x."
    )
    monkeypatch.setenv(command_text.PROGRAM_VARIABLE, "python -m mediakeep")
    assert command_text.rewrite_commands(text) == (
        "Run python -m mediakeep cover ALBUM, python -m mediakeep queue repair or own.py --x."
    )


@each_row("name", [entry.name for entry in TABLE])
def test_every_command_of_the_table_is_found_by_its_name(name: str) -> None:
    command = main.main
    context = main.click.Context(command, info_name="mediakeep")
    for word in name.split():
        assert isinstance(command, main.click.Group)
        found = command.get_command(context, word)
        assert found is not None
        command = found  # type: ignore[assignment]
    assert (command.help or "").strip()


def test_every_command_is_in_the_page_of_mediakeep() -> None:
    rows = documents.rows(documents.ROOT / "docs" / "mediakeep.md", "## Commands")
    assert [row for row in rows if row[0].startswith("`mediakeep")] == [
        [f"`mediakeep {entry.name}`", f"`{entry.script}.py`" if entry.script else "", entry.help]
        for entry in TABLE
    ]
