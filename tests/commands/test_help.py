"""Help begins with what matters, on one screen, and quiet commands print what failed."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mediakeep.commands import help_layout
from mediakeep.commands.app import MediakeepCommand
from mediakeep.commands.main import main
from tests.commands import hands
from tests.sampling import each_row
from tests.scripts import SCRIPTS

COLUMNS, LINES = 80, 40
ORDER = (help_layout.FIRST, help_layout.OWN, *help_layout.SECTIONS)


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Return a command and all below it, by name."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for own in command.list_commands(context):
            below = command.get_command(context, own)
            assert below is not None
            yield from walk(below, f"{name} {own}")


COMMANDS = dict(walk(main, "mediakeep"))


def help_of(name: str) -> list[str]:
    command = COMMANDS[name]
    context = click.Context(command, info_name=name, terminal_width=COLUMNS, max_content_width=100)
    return command.get_help(context).splitlines()


@each_row("name", COMMANDS)
def test_help_fits_on_a_screen_before_what_a_newcomer_skips(name: str) -> None:
    lines = help_of(name)
    assert [line for line in lines if len(line) > COLUMNS] == []
    titles = [line[:-1] for line in lines if line[:1].strip() and line.endswith(":")]
    if isinstance(COMMANDS[name], MediakeepCommand):
        assert titles == [section for section in ORDER if section in titles]
        skipped = lines.index(f"{titles[1]}:") if titles[1:] else len(lines)
        assert skipped <= LINES
    else:
        assert len(lines) <= LINES


def test_the_options_that_matter_come_first_with_an_example() -> None:
    lines = help_of("mediakeep batch")
    assert any(line.startswith("  Example: ") and "--batch-size 10" in line for line in lines)
    first = lines[lines.index("Options:") + 1 : lines.index("Repair:")]
    flags = [line.split()[0] for line in first if line.startswith("  -")]
    assert flags == ["--artist", "--batch-size", "--all", "--fix", "-n,"]


def test_the_toolkit_names_its_input_first_and_its_examples_can_be_parsed() -> None:
    lines = help_of("mediakeep audio convert")
    assert lines[lines.index("Options:") + 1].split()[0] == "--input"
    transcribe = help_of("mediakeep audio analyze transcribe")
    made = transcribe[transcribe.index("What is made:") : transcribe.index("Jobs:")]
    assert any(line.startswith("  --language ") for line in made)
    albums = help_of("mediakeep albums batch")
    assert any(line.startswith("  --contact ") for line in albums[albums.index("Lookups:") :])
    for name, command in COMMANDS.items():
        if name.startswith("mediakeep audio ") and isinstance(command, MediakeepCommand):
            words = command.example.partition(name.removeprefix("mediakeep audio "))[2].split()
            assert words, name
            command.make_context(name, words)


def test_no_option_is_lost_between_the_sections() -> None:
    for name, command in COMMANDS.items():
        if isinstance(command, MediakeepCommand):
            parameters = command.get_params(click.Context(command))
            found = help_layout.group_options(parameters, command.own_names).values()
            shown = [each for each in parameters if isinstance(each, click.Option)]
            assert sorted(map(id, shown)) == sorted(map(id, itertools.chain(*found))), name


def test_short_flags_mean_the_same_everywhere() -> None:
    meant = {"-n": "--dry-run", "-q": "--quiet", "-v": "--verbose", "-y": "--yes"}
    for name, command in COMMANDS.items():
        for option in command.get_params(click.Context(command)):
            for short, long in meant.items():
                assert (short in option.opts) == (long in option.opts), name


@pytest.mark.long
def test_a_quiet_batch_prints_what_failed(tmp_path: Path) -> None:
    home = hands.library(tmp_path)
    command = [sys.executable, "process_music_batch.py", "-q", "--home", home.path]
    scan = [sys.executable, "-m", "mediakeep", "-q", "--home", home.path, "scan", home.music]
    assert subprocess.run(scan, capture_output=True, cwd=SCRIPTS).stdout == b""
    quiet = subprocess.run(command, capture_output=True, text=True, cwd=SCRIPTS)
    assert (quiet.returncode, quiet.stdout) == (0, "")
    (tmp_path / "music").rename(tmp_path / "gone")
    reset = [sys.executable, "-m", "mediakeep", "-q", "queue", "reset-all", "-y"]
    reset += ["--home", home.path]
    assert subprocess.run(reset, capture_output=True, cwd=SCRIPTS).stdout == b""
    failed = subprocess.run(command, capture_output=True, text=True, cwd=SCRIPTS)
    assert failed.returncode
    assert "missing" in failed.stdout + failed.stderr
    both = subprocess.run([*command, "--json"], capture_output=True, text=True, cwd=SCRIPTS)
    assert both.returncode == 2
    assert "Give --json or --quiet, not both." in both.stderr
