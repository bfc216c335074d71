"""The commands of mediakeep, as one table, and the words with which a user calls them.

A command is called `mediakeep NAME`. Most have a script in utilities/, which is the same command.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_COMMANDS = "mediakeep.commands"
_MANAGER = f"{_COMMANDS}.queue_manager"


class CommandEntry(NamedTuple):
    """A row of the table; `target` is the Click command, as "module:name", imported on first use.

    With a `kind`, the target is a function that builds the command for this kind of media.
    """

    name: str  # after `mediakeep`, such as "movies batch"
    script: str  # its script without .py, "" if it has none
    target: str
    help: str
    kind: str = ""
    script_target: str = ""  # the command of the script, if it is another
    example: str = ""  # the words of an example that help shows


def _manager(prefix: str, script: str, kind: str, what: str) -> tuple[CommandEntry, ...]:
    """Return the rows of a queue: those of its manager, and of its scan."""
    return (
        CommandEntry(
            f"{prefix}scan",
            "",
            f"{_MANAGER}:build_scan",
            f"Create the queue of {what}, or update it.",
            kind,
        ),
        CommandEntry(
            f"{prefix}queue",
            script,
            f"{_MANAGER}:build_group",
            "Show, reset, check and back up the queue.",
            kind,
            f"{_MANAGER}:build_manager",
        ),
    )


# The commands of a group are listed in this order.
TABLE: tuple[CommandEntry, ...] = (
    *_manager("", "music_queue_manager", "music", "a music library"),
    CommandEntry(
        "batch",
        "process_music_batch",
        f"{_COMMANDS}.process_music_batch:main",
        "Check and repair the next artists, and report.",
        example="--batch-size 10 --dry-run",
    ),
    CommandEntry(
        "review",
        "review",
        f"{_COMMANDS}.review:main",
        "Decide about pending reviews, one question at a time.",
    ),
    CommandEntry(
        "accept",
        "",
        f"{_COMMANDS}.accept:main",
        "Accept proposals of the review list.",
        example="065c65737d6",
    ),
    CommandEntry(
        "report",
        "weekly_report",
        f"{_COMMANDS}.weekly_report:main",
        "Write the report of a week or a day.",
        example="--week 2025-W51 --open",
    ),
    CommandEntry(
        "dashboard",
        "media_dashboard",
        f"{_COMMANDS}.media_dashboard:main",
        "Show the progress of all queues.",
    ),
    CommandEntry(
        "web",
        "media_web",
        f"{_COMMANDS}.media_web:main",
        "Serve pages, a REST API and metrics of a home.",
    ),
    CommandEntry(
        "artist",
        "process_artist",
        f"{_COMMANDS}.process_artist:main",
        "Check and repair one artist, in the queue or not.",
        example="Music/U2 --dry-run",
    ),
    CommandEntry(
        "edit",
        "fix_metadata",
        f"{_COMMANDS}.fix_metadata:main",
        "Set a field in files, folders or a list of edits.",
        example="genre Music/U2 Rock",
    ),
    CommandEntry(
        "edit-albums",
        "batch_fix_metadata",
        f"{_COMMANDS}.batch_fix_metadata:value_last",
        "Set a field in many albums.",
        script_target=f"{_COMMANDS}.batch_fix_metadata:main",
        example="genre Music/U2/Boy Rock",
    ),
    CommandEntry(
        "cover",
        "embed_cover",
        f"{_COMMANDS}.embed_cover:main",
        "Embed the front cover of an album.",
        example="Music/U2/Boy front.jpg",
    ),
    CommandEntry(
        "undo",
        "undo_changes",
        f"{_COMMANDS}.undo_changes:main",
        "List and undo changes of files.",
        example="--session last",
    ),
    CommandEntry(
        "metadata",
        "extract_metadata",
        f"{_COMMANDS}.extract_metadata:main",
        "Export the metadata of a file, album or artist.",
        example="Music/U2 --json",
    ),
    CommandEntry(
        "master",
        "music_master_report",
        f"{_COMMANDS}.music_master_report:main",
        "Export all tracks, with statistics of the library.",
    ),
    CommandEntry(
        "jobs",
        "jobs",
        f"{_COMMANDS}.jobs:main",
        "List, show, cancel and clear jobs of all kinds.",
    ),
    *_manager("movies ", "movie_queue_manager", "movies", "a movie library"),
    CommandEntry(
        "movies batch",
        "process_movies",
        f"{_COMMANDS}.process_movies:main",
        "Identify the next movies, write their sidecars, and report.",
        example="--movie 'Heat (1995)' --dry-run",
    ),
    CommandEntry(
        "movies nfo",
        "generate_nfo",
        f"{_COMMANDS}.generate_nfo:main",
        "Write the NFO of a movie, in the queue or not.",
        example="'Movies/Heat (1995)' --print",
    ),
    CommandEntry(
        "movies metadata",
        "extract_video_metadata",
        f"{_COMMANDS}.extract_video_metadata:main",
        "Show or export what video files hold.",
        example="'Movies/Heat (1995)'",
    ),
    CommandEntry(
        "movies master",
        "movie_master_report",
        f"{_COMMANDS}.movie_master_report:main",
        "Export all movies, with statistics of the library.",
    ),
    *_manager("albums ", "album_queue_manager", "albums", "albums to convert"),
    CommandEntry(
        "albums batch",
        "convert_albums",
        f"{_COMMANDS}.convert_albums:main",
        "Convert the next albums.",
        example="Music --output Converted --dry-run",
    ),
    *_manager("audiobooks ", "audiobook_queue_manager", "audiobooks", "audiobooks to build"),
    CommandEntry(
        "audiobooks batch",
        "build_audiobooks",
        f"{_COMMANDS}.build_audiobooks:main",
        "Build the next audiobooks.",
        example="--scan Books --dry-run",
    ),
    CommandEntry(
        "episodes",
        "migrate_episodes",
        f"{_COMMANDS}.migrate_episodes:main",
        "Migrate episodes from archive.org to YouTube.",
    ),
    _manager("episodes ", "episode_queue_manager", "episodes", "episodes to migrate")[1],
    CommandEntry(
        "audio",
        "audio_toolkit",
        f"{_COMMANDS}.audio_toolkit:main",
        "Convert, split, analyze and clean audio files.",
    ),
    CommandEntry(
        "lookup musicbrainz",
        "musicbrainz_lookup",
        f"{_COMMANDS}.musicbrainz_lookup:main",
        "Look up artists, albums, missing albums and covers.",
        example="missing U2",
    ),
    CommandEntry(
        "lookup tmdb",
        "tmdb_lookup",
        f"{_COMMANDS}.tmdb_lookup:main",
        "Look up movies, and set which movie a file is.",
        example="search Heat --year 1995",
    ),
    CommandEntry(
        "sample",
        "make_sample_library",
        "mediakeep_samples.cli:main",
        "Make a sample library with planted defects.",
        example="music --artists 20",
    ),
    CommandEntry(
        "simulate",
        "simulate_services",
        "mediakeep_simulator.cli:main",
        "Simulate the web services on this machine.",
    ),
    CommandEntry(
        "config",
        "",
        f"{_COMMANDS}.config_command:main",
        "Show, check and edit the settings.",
    ),
    CommandEntry(
        "completion",
        "",
        f"{_COMMANDS}.completion:main",
        "Complete options and names in bash, zsh or fish.",
    ),
    CommandEntry(
        "install-scripts",
        "",
        f"{_COMMANDS}.install_scripts:main",
        "Write scripts under the names that they had before.",
    ),
)
# Groups that have commands of the table only.
GROUPS: Mapping[str, str] = {
    "movies": "Identify movies and write their sidecars.",
    "albums": "Convert albums to another format.",
    "audiobooks": "Build audiobooks with chapters.",
    "lookup": "Query MusicBrainz and TMDb.",
}
# The sections of `mediakeep --help`.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Every day": ("scan", "batch", "review", "accept", "undo", "report", "dashboard"),
    "Artists, albums and files": (
        *("artist", "edit", "edit-albums", "cover", "metadata", "master", "lookup"),
    ),
    "Other media": ("movies", "albums", "audiobooks", "episodes", "audio"),
    "Queues, settings, practice": (),  # all others
}
BY_SCRIPT: Mapping[str, CommandEntry] = {entry.script: entry for entry in TABLE if entry.script}

# Actions of a manager whose name is not that of their option; "show" and "reset" end with a noun.
_ACTION_NAMES = {
    "show-summary": "summary",
    "validate-queue": "validate",
    "list-checkpoints": "checkpoints",
    "restore-checkpoint": "restore",
    "import-queue": "import",
}
_WITHOUT_NOUN = ("errors", "in-progress", "all", "outdated")
_ACTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)(?= |$)")
# The value comes last, as in `mediakeep edit`.
_VALUE_FIRST = re.compile(r"(--only-missing \S+) (\S+) (.+)")
_ACCEPT = re.compile(r"--from-review \S+ --accept(-kind)? ")


def name_action(flag: str) -> str:
    """Return the name of an action of a manager, such as "reset" for --reset-artist."""
    words = flag.removeprefix("--")
    verb, _, rest = words.partition("-")
    if name := _ACTION_NAMES.get(words):
        return name
    return verb if verb in ("show", "reset") and rest not in _WITHOUT_NOUN else words


def shorten(script: str, words: str) -> tuple[str, str] | None:
    """Return the name of the command of a script, and the words that follow it; None if unknown.

    "--reset-artist U2" of music_queue_manager.py becomes ("queue reset", "U2").
    """
    entry = BY_SCRIPT.get(script.removesuffix(".py"))
    if entry is None:
        return None
    if entry.script == "fix_metadata" and (accept := _ACCEPT.match(words)):
        option = "--kind " if accept[1] else ""
        return "accept", option + words[accept.end() :]
    if entry.script == "batch_fix_metadata":
        return entry.name, _VALUE_FIRST.sub(r"\1 \3 \2", words)
    if entry.kind and (action := _ACTION.match(words)):
        rest = words[action.end() :].replace(f" {action[0]} ", " ").strip()
        name = name_action(action[0])
        group = entry.name.removesuffix("queue") if name == "scan" else f"{entry.name} "
        known = any(name == "scan" and each.name == f"{group}scan" for each in TABLE)
        return (f"{group}scan" if known else f"{entry.name} {name}"), rest
    return entry.name, words
