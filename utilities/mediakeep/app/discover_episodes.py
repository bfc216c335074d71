"""Add the episodes of archive.org that the queue lacks.

A search is continued where it was killed, or had reached its limit: the cursor of its page is kept.
What cannot become an episode is listed, and looked at again by the next search.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep import atomic_files, path_text, untrusted_files
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import prepare_items
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.episodes import job
from mediakeep.episodes.item import EpisodeItem, list_episodes
from mediakeep.episodes.settings import EpisodeSettings
from mediakeep.errors import NoQueue, UnusableItem, UsageError
from mediakeep.lookups.archive_org import find_items
from mediakeep.lookups.archive_org.find_items import FoundItems, ItemSource
from mediakeep.lookups.service_clients import ServiceClients
from mediakeep.size_text import format_count

_CHUNK = 50  # items that are added in one commit
_INVALID = "its identifier is invalid"
_SHOWN = 20  # names and problems that are listed; --json has all


def discover_episodes(
    context: ManagerContext,
    settings: EpisodeSettings,
    source: ItemSource,
    limit: int,
    *,
    dry_run: bool,
) -> CommandResult:
    """Add up to `limit` new episodes, 0 for all; with `dry_run`, only list them."""
    total = FoundItems()
    with contextlib.closing(job.open_clients(settings)) as clients:
        for found in _search(context, clients, source, limit, dry_run=dry_run):
            total.new += found.new
            total.known += found.known
            total.problems |= found.problems
            if found.new and not dry_run:
                prepare_items.add_items(context, found.new)
    names = [new.name for new in total.new]
    verb = "would be added" if dry_run else "added"
    lines = [f"{format_count(len(names), 'episode')} {verb}{': ' if names else '.'}"]
    lines[0] += f"{', '.join(names[:_SHOWN])}{', ...' if names[_SHOWN:] else ''}"
    if total.known:
        lines.append(f"{format_count(len(total.known), 'episode')} in the queue already.")
    problems = [*total.problems.values()]
    if problems:
        lines.append(f"{format_count(len(problems), 'item')} left out:")
    more = [f"{len(problems) - _SHOWN:,} more; --json lists all."] if problems[_SHOWN:] else []
    lines += [*problems[:_SHOWN], *more]
    return CommandResult(lines, {"added": names, "known": total.known, "problems": total.problems})


def _search(
    context: ManagerContext,
    clients: ServiceClients,
    source: ItemSource,
    limit: int,
    *,
    dry_run: bool,
) -> Iterator[FoundItems]:
    """Yield the new episodes of a source, some at a time; the caller adds them."""
    known = _list_known(context)
    paths = {item.path for item in known}
    checksums = {item.checksum: item.path for item in known}
    path, count = context.queue_folder / "discover.json", 0
    kept = untrusted_files.read_json(path, dict[str, str]) or {}
    for page in source.iter_pages(clients.archive, kept.get(source.text, "")):
        new = [name for name in page.identifiers if name.partition("/")[0] not in paths]
        left_out = {name: str(UnusableItem(name, _INVALID, "")).strip() for name in page.invalid}
        yield FoundItems([], left_out, [name for name in page.identifiers if name not in new])
        while new and not 0 < limit <= count:
            size = min(_CHUNK, limit - count) if limit else _CHUNK
            chunk, new = new[:size], new[size:]
            found = find_items.find_new(clients.archive, chunk, checksums)
            count += len(found.new)
            yield found
        if new:
            return
        if not (dry_run or source.names):
            cursor = {source.text: page.cursor} if page.cursor else {}
            atomic_files.write_atomic(path, msgspec.json.encode(cursor))


def _list_known(context: ManagerContext) -> list[EpisodeItem]:
    try:
        return list_episodes(context.read_state())
    except NoQueue:
        return []


def choose_source(
    collection: str | None, search: str | None, identifiers: Path | None, episode: str | None
) -> ItemSource:
    """Return the source of the one option that was given; raise UsageError for none or several."""
    given = [value for value in (collection, search, identifiers, episode) if value]
    if len(given) != 1:
        raise UsageError("Give one of --collection, --search, --identifiers and --episode.")
    names = find_items.read_list(identifiers) if identifiers else ()
    if episode:
        names = (find_items.parse_identifier(episode),)
        if not names[0]:
            shown = path_text.to_printable(episode)
            raise UsageError(f'"{shown}" is no identifier of archive.org. Correct --episode.')
    return ItemSource(collection or "", search or "", names)
