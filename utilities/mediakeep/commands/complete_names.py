"""The names that a shell completes: items of queues, kinds and sessions.

What cannot be read while the user types, such as a damaged queue, completes nothing.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from mediakeep import home_folder
from mediakeep.commands import app
from mediakeep.errors import MediakeepError

_MAX_CHANGES = 10_000  # that are searched for sessions

# Takes the context, the parameter and what the user has typed of its value.
Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def _complete(list_names: Callable[[Path], Iterable[str]]) -> Completer:
    """Return a function for Click that completes the names that a home has."""

    def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        with contextlib.suppress(MediakeepError, OSError):
            names = list_names(home_folder.find_home(app.get_given_home(context)))
            return _select_names(filter(str.isprintable, names), incomplete)
        return []

    return complete


def _select_names(names: Iterable[str], typed: str) -> list[str]:
    """Return the names that begin with what was typed, in another case if there is no other.

    They all begin alike, as a shell replaces what was typed by the beginning that they share.
    """
    found = [name for name in names if name.casefold().startswith(typed.casefold())]
    same = [name for name in found if name.startswith(typed)]
    return same or [name for name in found if name.startswith(found[0][: len(typed)])]


def complete_items(kind_name: str) -> Completer:
    """Complete the items of a kind, such as artists of "music"."""

    def list_names(home: Path) -> Iterable[str]:
        from mediakeep import kinds
        from mediakeep.app.subjects import registry

        return sorted(registry.read_items(home, kinds.get_kind(kind_name)))

    return _complete(list_names)


def _list_queues(home: Path) -> Iterable[str]:
    from mediakeep.app.subjects import registry

    return registry.list_queues(home, {})


def _list_sessions(home: Path) -> Iterator[str]:
    """List the sessions that made the newest changes of files, newest first."""
    from mediakeep.app.undo import selector
    from mediakeep.media.undo.store import UndoStore

    yield selector.LAST_SESSION
    with contextlib.closing(UndoStore(home / "status" / "undo")) as store:
        newest = itertools.islice(store.iter_newest(), _MAX_CHANGES)
        sessions = dict.fromkeys((entry.record.session, entry.record.queue) for entry in newest)
        yield from dict.fromkeys(
            selector.session_label(store, session, queue) for session, queue in sessions if session
        )


def _list_issue_kinds(home: Path) -> Iterable[str]:
    """List the kinds of issues in the review list."""
    from mediakeep.app.reviews import review_list
    from mediakeep.music.reports import fix_commands

    listed = review_list.read_reviews(home, home / fix_commands.REVIEW_FILE)
    return sorted({entry.kind for entries in listed.values() for entry in entries})


def _list_sittings(home: Path) -> Iterator[str]:
    """List the sessions with answers that can be undone, newest first."""
    from mediakeep.app.reviews import answer_log

    yield "last"
    yield from dict.fromkeys(
        each.session for each in reversed(answer_log.AnswerLog(home).read_answers())
    )


def complete_proposals(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Complete the ids of proposals; bash passes only what follows the colon of an id."""
    from mediakeep.app.reviews import review_list
    from mediakeep.music.reports import fix_commands

    with contextlib.suppress(MediakeepError, OSError):
        home = home_folder.find_home(app.get_given_home(context))
        listed = review_list.read_reviews(home, home / fix_commands.REVIEW_FILE)
        entries = (entry for entries in listed.values() for entry in entries)
        ids = sorted(entry.id for entry in entries if entry.proposal)
        digits = (each.rpartition(":")[2] for each in ids)
        return _select_names(ids, incomplete) or _select_names(digits, incomplete)
    return []


complete_queues = _complete(_list_queues)
complete_sessions = _complete(_list_sessions)
complete_sittings = _complete(_list_sittings)
complete_issue_kinds = _complete(_list_issue_kinds)
