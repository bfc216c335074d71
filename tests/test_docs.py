"""The documentation is true: examples run, tables are complete, links lead somewhere."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from msgspec import structs

from mediakeep import command_table, command_text, kinds, setting_fields
from mediakeep.albums.item import ALBUMS, AlbumItem
from mediakeep.audiobooks.item import AUDIOBOOKS, AudiobookItem
from mediakeep.commands import job_command, queue_manager
from mediakeep.commands import main as commands
from mediakeep.commands.app import MediakeepCommand, MediakeepGroup
from mediakeep.config import ENV_PREFIX, Settings
from mediakeep.episodes.settings import EpisodeSettings
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.movies import issue_kinds as movie_issue_kinds
from mediakeep.movies.item import MovieItem
from mediakeep.music import issue_kinds as music_issue_kinds
from mediakeep.music.item import MusicItem
from mediakeep.processors import registry
from mediakeep.queue import journal, sessions, snapshot
from mediakeep.queue.history import event_log
from mediakeep.views import review
from mediakeep.views.summary import QueueStatus
from mediakeep.web.settings import WebOptions
from tests import documents, memory_folder
from tests.documents import PAGES, ROOT, Checkout
from tests.reference import recording
from tests.sampling import each_row
from tests.scripts import load_command

DOORS = sorted((ROOT / "utilities").glob("*.py"))
DOCS = ROOT / "docs"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
QUEUE_FILES = DOCS / "queue-files.md"
MANAGER = "python utilities/music_queue_manager.py"
BATCH = "python utilities/process_music_batch.py"

# The batch command and the manager of any kind of jobs, without its own options.
_JOB = structs.replace(recording.KIND, noun="item", plural="items")
JOB_COMMANDS = (job_command.build_command(_JOB, ()), queue_manager.build_manager(_JOB))


def command(door: Path) -> MediakeepCommand | MediakeepGroup:
    """Return the command of a script."""
    found = load_command(door.stem)
    assert isinstance(found, MediakeepCommand | MediakeepGroup)
    return found


def page(door: Path) -> Path:
    """Return the documentation page of a script."""
    name = "jobs-command" if door.stem == "jobs" else door.stem.replace("_", "-")
    return DOCS / f"{name}.md"


def options(door: Path) -> dict[str, bool]:
    """Return the options of the command of a script, and whether each takes a value."""
    return list_options(command(door))


def list_options(command: click.Command) -> dict[str, bool]:
    """Return the options of a command, or of all in a group, and whether each takes a value."""
    return {
        flag: not option.is_flag
        for option in list_parameters(command)
        if isinstance(option, click.Option)
        for flag in (*option.opts, *option.secondary_opts)
        if flag.startswith("--")
    }


def list_parameters(command: click.Command) -> list[click.Parameter]:
    """Return the parameters of a command, or of all commands of a group."""
    context = click.Context(command, info_name="script")
    names = command.list_commands(context) if isinstance(command, click.Group) else ()
    below = [command.get_command(context, name) for name in names]  # type: ignore[attr-defined]
    return [*command.get_params(context), *(p for one in below for p in list_parameters(one))]


# The options of parameters of processors, which `--help` and `plugins info` list.
PARAMETERS = {
    flag
    for name in registry.BUILT_IN
    for field in setting_fields.list_fields(
        registry.get_processor(name).description.parameters, (name,)
    )
    for flag in field.option.split("/")
}

# Examples


@pytest.fixture(scope="session")
def library() -> Iterator[Path]:
    """The sample library, created once for all pages that start with it."""
    with tempfile.TemporaryDirectory(dir=memory_folder.temporary_parent()) as folder:
        checkout = Checkout(Path(folder))
        checkout.ok(documents.MAKE)
        yield checkout.path / "music"


TOLD = [path for path in PAGES if documents.examples(path)]


@pytest.mark.slow  # a step of .ci/run
@pytest.mark.parametrize("path", TOLD, ids=documents.name)
def test_every_example_of_a_page_prints_what_the_page_says(
    path: Path, memory: Path, library: Path
) -> None:
    follow(path, Checkout(memory, library.parent), library)


def follow(path: Path, checkout: Checkout, library: Path) -> None:
    for line in documents.before(path):
        checkout.prepare(line, library)
    for example in documents.examples(path):
        printed = checkout.ok(example.command)
        if not documents.fits(example.expected, printed):
            place = f"{documents.name(path)}:{example.line}\n$ {example.command}"
            pytest.fail(f"{place}\n--- told\n{example.expected}--- printed\n{printed}", False)


def test_an_example_that_is_wrong_would_be_noticed() -> None:
    expected = "[1/2] ...: 3 tracks\n...\nDone.\n"
    assert documents.fits(expected, "[1/2] U2: 3 tracks\nDone.\n")
    assert documents.fits(expected, "[1/2] U2: 3 tracks\n\nmore\nDone.\n")
    assert not documents.fits(expected, "[1/2] U2: 4 tracks\nDone.\n")
    assert not documents.fits(expected, "[1/2] U2\n: 3 tracks\nDone.\n")
    assert not documents.fits(expected, "[1/2] U2: 3 tracks\nDone.\nTraceback\n")


def test_the_items_of_an_example_may_be_done_in_any_order() -> None:
    expected = "Go\n[1/2] U2: 3 tracks\n[2/2] Bo: 4 tracks\nDone.\n"
    assert documents.fits(expected, "Go\n[1/2] Bo: 4 tracks\n[2/2] U2: 3 tracks\nDone.\n")
    assert not documents.fits(expected, "Go\n[1/2] Bo: 4 tracks\n[2/2] Bo: 4 tracks\nDone.\n")
    assert not documents.fits(expected, "Go\n[1/2] Bo: 4 tracks\nDone.\n")


@each_row("door", DOORS, ids=lambda door: door.stem)
def test_every_command_has_examples(door: Path) -> None:
    assert any(door.name in example.command for example in documents.examples(page(door)))


def test_the_readme_and_the_tutorial_show_whole_sessions() -> None:
    steps = ["--scan", "--batch-size", "--show-summary"]
    assert missing_steps(ROOT / "README.md", [*steps, "undo_changes.py"]) == []
    more = ["kill -9", "issues/music", "undo_changes.py", "cp ", "process_movies.py"]
    assert missing_steps(DOCS / "tutorial.md", [*steps, *more]) == []


def test_the_readme_counts_the_kinds_of_issues() -> None:
    counts = len(music_issue_kinds.ISSUE_KINDS), len(movie_issue_kinds.ISSUE_KINDS)
    text = "**{} kinds of issues in music, {} in movies**".format(*counts)
    assert text in (ROOT / "README.md").read_text()


def missing_steps(path: Path, steps: list[str]) -> list[str]:
    """Return the steps that no example of a page runs."""
    shown = "\n".join(example.command for example in documents.examples(path))
    return [step for step in steps if step not in shown]


# The lines of status/README.md

SUMMARY = f"{MANAGER} --show-summary"
RESET = f'{MANAGER} --reset-artist "Artist Name"'
VALIDATE = f"{MANAGER} --validate-queue"
COUNT = r'grep -c "\"status\": \"completed\"" status/music/processing_queue.json'
LOG = "cat status/music/session_logs/20251217_session_001.log"
PRUNE = "ls -t status/music/checkpoints/*.json | tail -n +6 | xargs rm"
ARCHIVE = r'find status/music/session_logs/ -name "*.log" -mtime +30 -exec mv {} archive/ \;'
RESTORE = "cp status/music/checkpoints/X.json status/music/processing_queue.json"


def test_the_status_page_holds_the_lines_that_the_next_test_runs() -> None:
    lines = (ROOT / "status" / "README.md").read_text().splitlines()
    wanted = [SUMMARY, RESET, VALIDATE, COUNT, LOG, PRUNE, "mkdir -p archive", ARCHIVE, RESTORE]
    assert [line for line in [*wanted, BATCH] if line not in lines] == []


@pytest.mark.slow
def test_the_lines_of_the_status_page_work_as_written(memory: Path, library: Path) -> None:
    checkout = Checkout(memory, library.parent)
    checkout.prepare(f"{documents.MAKE}; {MANAGER} --scan music", library)
    checkout.ok(f"{BATCH} --batch-size 8 --checkpoint-every 1")
    assert "8 of 14 artists completed (57.1%)" in checkout.ok(SUMMARY)
    assert checkout.ok(COUNT) == "8\n" == f"{completed(checkout)}\n"
    look_at_the_log(checkout)
    archive_the_logs(checkout)
    newest = prune_the_checkpoints(checkout)
    assert checkout.ok(RESET.replace("Artist Name", "=Sum of Us")).count("=Sum of Us") == 1
    assert completed(checkout) == 7
    restore(checkout, newest)
    assert "BATCH COMPLETE: 14/14 artists (100.0%)" in checkout.ok(BATCH)
    assert checkout.ok(COUNT) == "14\n" == f"{completed(checkout)}\n"
    assert "is valid: 14 artists, 14 completed" in checkout.ok(VALIDATE)


def completed(checkout: Checkout) -> int:
    statuses = json.loads(checkout.ok(f"{MANAGER} --list --json"))
    return list(statuses.values()).count("completed")


def look_at_the_log(checkout: Checkout) -> None:
    """Check that each line starts with time, level and a message."""
    (log,) = checkout.path.glob("status/music/session_logs/*_session_001.log")
    lines = checkout.ok(LOG.replace("20251217_session_001", log.stem)).splitlines()
    assert [line for line in lines if not re.match(LOG_LINE, line)] == []
    assert len([line for line in lines if "Checkpoint checkpoint_" in line]) == 8
    assert len(lines) == 1 + 8 + 8 + 1


LOG_LINE = r'\{"time":"20\d\d-\d\d-\d\dT[\d:]+\+00:00","level":"info","message":"\S'


def archive_the_logs(checkout: Checkout) -> None:
    """Check that only the old log is moved, with its content."""
    logs = checkout.path / "status" / "music" / "session_logs"
    (new,) = logs.iterdir()
    old = logs / "20200101_session_001.log"
    old.write_text("old\n")
    os.utime(old, (time.time() - 40 * 86400,) * 2)
    checkout.ok("mkdir -p archive")
    checkout.ok(ARCHIVE)
    assert list(logs.iterdir()) == [new]
    assert (checkout.path / "archive" / old.name).read_text() == "old\n"


def prune_the_checkpoints(checkout: Checkout) -> str:
    """Check that the five newest stay; return the second newest."""
    folder = checkout.path / "status" / "music" / "checkpoints"
    assert len(list(folder.iterdir())) == 8
    checkout.ok(PRUNE)
    kept = sorted(path.stem for path in folder.iterdir())
    assert [stem[-3:] for stem in kept] == ["004", "005", "006", "007", "008"]
    return kept[-2]


def restore(checkout: Checkout, name: str) -> None:
    """Check that the validation names the checkpoint and the existing file set aside."""
    checkout.ok(RESTORE.replace("X", name))
    told = checkout.ok(VALIDATE)
    (aside,) = checkout.path.glob("status/music/aside/*.json")
    assert "is valid: 14 artists, 7 completed" in told
    assert f"{name}.json" in told
    assert aside.name in told


# Doors and options

DOOR = [
    "from mediakeep.commands.main import run_script",
    'if __name__ == "__main__":',
    "    run_script(__file__)",
]


@each_row("door", DOORS, ids=lambda door: door.stem)
def test_a_door_is_five_lines_with_a_script_a_page_and_a_help_text(door: Path) -> None:
    lines = [line for line in door.read_text().splitlines() if line.strip()]
    name = command_table.BY_SCRIPT[door.stem].name
    assert re.fullmatch(rf'""".+: `mediakeep {name}`\."""', lines[0])
    assert lines[1:] == DOOR
    assert command_text.format_command(door.name) == f"python utilities/{door.name}"
    assert page(door).read_text().startswith(f"# {door.name}\n")
    assert f"]({page(door).name})" in (DOCS / "README.md").read_text()
    assert (command(door).help or "").strip()


def test_every_script_has_a_door_and_no_door_hides_another_module() -> None:
    scripts = {door.stem for door in DOORS}
    assert scripts == set(command_table.BY_SCRIPT)
    assert PROJECT["scripts"] == {
        "mediakeep": "mediakeep.commands.main:run",
        "audiotoolkit": "mediakeep.commands.audio_toolkit:main",
    }
    needed = [*PROJECT["dependencies"]]
    for extra in PROJECT["optional-dependencies"].values():
        needed += extra
    others = {re.split(r"[^\w-]", need)[0].replace("-", "_").lower() for need in needed}
    assert not scripts & (set(sys.stdlib_module_names) | others)


@each_row("door", DOORS, ids=lambda door: door.stem)
def test_the_options_of_a_command_are_those_of_its_page(door: Path) -> None:
    elsewhere = PARAMETERS if door.stem == "audio_toolkit" else set()
    assert list_documented_options(page(door)) == {
        flag: takes_value for flag, takes_value in options(door).items() if flag not in elsewhere
    }


def test_the_options_of_every_job_command_are_documented() -> None:
    assert list_documented_options(DOCS / "jobs.md") == list_options(JOB_COMMANDS[0])


def list_documented_options(path: Path) -> dict[str, bool]:
    """Return the options in the table of a page, and whether each takes a value."""
    documented = {}
    for row in documents.rows(path, first="Option"):
        found = re.fullmatch(r"`(?:-\w, )?(--[a-z0-9-]+)( \[?[A-Z]+\]?)?`", row[0])
        assert found, row[0]
        documented[found[1]] = bool(found[2])
    return documented


@each_row("door", DOORS, ids=lambda door: door.stem)
def test_the_help_of_a_command_explains_every_option(door: Path) -> None:
    for option in list_parameters(command(door)):
        if isinstance(option, click.Option):
            assert (option.help or "").strip(), option.name


@functools.cache
def list_all_options() -> frozenset[str]:
    """Return the options of all commands."""
    known = (*JOB_COMMANDS, *(commands.load_command(entry) for entry in command_table.TABLE))
    return frozenset().union(*(options(door) for door in DOORS), *map(list_options, known))


@each_row("path", PAGES, ids=documents.name)
def test_a_page_names_no_option_that_does_not_exist(path: Path) -> None:
    ours = list_all_options()
    tools = {"--axe", "--strict", "--full", "--tasks", "--hypothesis-profile", "--basetemp"}
    example = {"--start", "--no-deps", "--wheel-dir"}  # of the plugin, and of pip
    dask = {"--port", "--nthreads", "--no-dashboard", "--local-directory"}
    of_others = {"CONTRIBUTING.md": tools, "creating-plugins.md": example, "cluster.md": dask}
    assert documents.flags(path.read_text()) <= ours | of_others.get(path.name, set())


def test_make_targets_that_pages_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for path in PAGES:
        for target in re.findall(r"(?:^    |`)make ([a-z]+)", path.read_text(), re.MULTILINE):
            assert f"\n{target}:" in makefile, f"{documents.name(path)}: make {target}"


# Settings


def test_every_setting_is_documented_with_its_names_and_default() -> None:
    rows = {row[0]: row[1:4] for row in documents.rows(DOCS / "settings.md")}
    assert rows == {
        f"`{name}`": [
            f"`{ENV_PREFIX}{name.upper()}`",
            f"`--{name.replace('_', '-')}`",
            f"`{msgspec.json.encode(default).decode()}`",
        ]
        for name, default in msgspec.structs.asdict(Settings()).items()
    }


def test_the_example_file_shows_every_setting_with_its_default() -> None:
    text = (ROOT / "mediakeep.example.toml").read_text()
    assert tomllib.loads(text) == {}
    shown = re.sub(r"^# (?=\w+ = |\[)", "", text, flags=re.MULTILINE)
    sections: dict[str, Any] = {**list_defaults(AUDIOBOOKS), **list_defaults(ALBUMS)}
    sections["episodes"] = msgspec.to_builtins(EpisodeSettings().episodes)
    sections["web"] = msgspec.json.decode(msgspec.json.encode(WebOptions()))
    sections["state_management"] = msgspec.to_builtins(EpisodeSettings().state_management)
    assert tomllib.loads(shown) == msgspec.structs.asdict(Settings()) | sections


def list_defaults(kind: Kind) -> dict[str, dict[str, Any]]:
    """Return the defaults of the sections of a kind, as files may have them."""
    settings = kinds.load(kind.settings)
    return {
        section: {name: getattr(getattr(settings(), section), name) for name in names}
        for (section,), names in setting_fields.list_tables([settings]).items()
    }


def test_every_setting_of_a_conversion_is_documented_with_its_default() -> None:
    rows = {row[0]: row[1] for row in documents.rows(DOCS / "convert-albums.md", "## Settings")}
    assert rows == {
        f"`{section}.{name}`": f"`{msgspec.json.encode(default).decode()}`"
        for section, defaults in list_defaults(ALBUMS).items()
        for name, default in defaults.items()
    }


def test_every_setting_of_audiobooks_is_documented_with_its_default() -> None:
    rows = {row[0]: row[1] for row in documents.rows(DOCS / "build-audiobooks.md", "## Settings")}
    assert rows == {
        f"`{name}`": f"`{msgspec.json.encode(default).decode()}`"
        for name, default in list_defaults(AUDIOBOOKS)["audiobooks"].items()
    }


# Formats


def fields(struct: type[msgspec.Struct]) -> set[str]:
    return set(struct.__struct_fields__)


def test_every_field_of_the_queue_files_is_documented() -> None:
    column = documents.column
    top = fields(snapshot.SnapshotHead) | {"artists"}
    assert column(QUEUE_FILES, "### The head") == top | fields(snapshot.RestoreInfo)
    assert column(QUEUE_FILES, "### An item") == fields(MusicItem)
    movie = column(DOCS / "movie-queue-manager.md", "## What the queue knows of a movie")
    assert movie == fields(MovieItem) - fields(Item)
    album = column(DOCS / "album-queue-manager.md", "## What the queue knows of an album")
    assert album == fields(AlbumItem) - fields(Item)
    book = column(DOCS / "audiobook-queue-manager.md", "## What the queue knows of an audiobook")
    assert book == fields(AudiobookItem) - fields(Item)
    told = column(QUEUE_FILES, "## Journals")
    assert told == fields(journal.JournalHeader) | fields(journal.JournalRecord) | {"crc"}
    assert column(QUEUE_FILES, "## Live files") == fields(sessions.LiveStatus)


def test_every_status_and_every_change_is_documented() -> None:
    assert documents.column(QUEUE_FILES, "### Statuses") == {status.value for status in Status}
    source = "".join(path.read_text() for path in (ROOT / "utilities").rglob("*.py"))
    made = set(re.findall(r'\bQueueChange\(\s*"(\w+)"', source)) | {"edit", "restore"}
    assert documents.column(QUEUE_FILES, "### Changes") == made | event_log.TRANSIENT_OPS


def test_every_field_of_the_review_list_and_the_summary_is_documented() -> None:
    entry = {"id", "artist", "album", "path", "kind", "severity", "detail", "report"}
    entry |= {"proposal", "held", "command", "queue", "movie"}
    told = documents.column(DOCS / "manual-review.md", "# outputs/manual_review_needed.json")
    assert told == fields(review.ReviewListFile) | entry
    assert documents.column(DOCS / "media-dashboard.md", "## JSON") >= fields(QueueStatus)


# Links


@each_row("path", PAGES, ids=documents.name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    for link in documents.links(path):
        target, _, anchor = link.partition("#")
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), link
        assert not anchor or anchor in documents.anchors(there), link


def test_every_file_that_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    names = set(re.findall(r"`((?:utilities|tests|docs|benchmarks)/[\w./-]*)`", text))
    assert len(names) > 30
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_every_page_of_docs_is_in_the_index() -> None:
    index = set(documents.links(DOCS / "README.md"))
    assert {path.name for path in DOCS.glob("*.md")} - {"README.md"} <= index
