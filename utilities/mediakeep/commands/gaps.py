"""Look up what is missing of an artist's discography."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from msgspec import structs

from mediakeep import config, files, kinds
from mediakeep.commands import artists, entries, folders, shared, subjects
from mediakeep.commands.entries import Told
from mediakeep.commands.folders import Folder
from mediakeep.errors import ItemFailed, NoQueue, NoSuchItem, UsageFailed
from mediakeep.lookups.access import Access
from mediakeep.music import scan, tools
from mediakeep.music.discography import inquiry, missing, section
from mediakeep.music.discography.holdings import Holdings
from mediakeep.music.discography.inquiry import Inquiry
from mediakeep.music.discography.section import Missing, Section
from mediakeep.music.model import Artist
from mediakeep.music.tools import Places
from mediakeep.pages import page
from mediakeep.queue import actions, reading
from mediakeep.views import missing as table

_MAIN = "Album", "EP"
_CODES = {"done": 0, "unsure": 1, "unknown": 1}  # 1: no certain match


def tell(home: Path, name: str, access: Access, *, all_types: bool, as_csv: bool) -> Told:
    """Compare an artist's folder with MusicBrainz; the queue is not changed."""
    folder = _folder(home, name)
    shown = files.printable(folder.path.name)
    places = Places(home, write=False, access=access, ignored=subjects.ignored(home))
    with tools.opened(places) as context:
        local_artist = scan.artist(folder.path, reader=context.index, ignored=places.ignored)
        context.index.commit()
        if not any(album.readable for album in local_artist.albums):
            raise ItemFailed(f"{shown} has no readable tracks.")
        with entries.warned(context.desk):
            lookup = inquiry.of(local_artist, folder.lookup_key, context.desk)
        stats = context.desk.spent.taken()
    left_out_lines = _left_out(lookup)
    if not all_types:
        lookup = structs.replace(lookup, holdings=_main(lookup.holdings))
    code = 4 if lookup.failed and access.fresh else _CODES.get(lookup.state, _unasked(lookup))
    if lookup.why:
        click.echo(shared.plain(lookup.why), err=True)
    counts = {"requests": stats.requests, "hits": stats.hits}
    data = {"artist": shown, **missing.told(shown, lookup), **counts}
    if as_csv:
        return Told(_table(shown, lookup), data, code)
    if lookup.state == "unsure":
        return Told(_choices(home, folder.path, lookup), data, code)
    lines = _lines(shown, lookup, local_artist, all_types=all_types)
    return Told([*lines, *([] if all_types else left_out_lines)], data, code)


def _choices(home: Path, folder: Path, lookup: Inquiry) -> list[str]:
    """List the candidates, and the command that selects one."""
    choices = lookup.resolved.choices if lookup.resolved else ()
    name = files.printable(folder.name)
    lines = [f"{name}: {section.unsure(choices)}:"]
    lines += map(artists.candidate, choices)
    command = config.spoken("fix_metadata.py", home)
    place = files.quoted(files.escape(folder))
    return [*lines, f"Select one with: {command} musicbrainz_albumartistid {place} MBID"]


def _unasked(lookup: Inquiry) -> int:
    """Return the exit code if no request succeeded; cached data counts as an answer."""
    if lookup.failed:
        return 4
    return 0 if lookup.known else 2


def _folder(home: Path, name: str) -> Folder:
    """Find an artist by the name in the queue, or else by the folder's path."""
    if not name.strip():
        raise UsageFailed("The name of the artist is empty.")
    path = Path(name).resolve()
    try:
        state = reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC)
    except NoQueue as error:
        if path.is_dir():
            return folders.at({}, path)
        raise UsageFailed(f"{files.display_path(name)} is not a folder. {error}") from error
    try:
        key = actions.find(state, name)
    except NoSuchItem:
        if path.is_dir():
            return folders.at(state.items, path)
        raise
    item = state.items[key]
    return Folder(Path(files.unescape(item.path)), key, item)


def _main(collection: Holdings) -> Holdings:
    """Keep studio albums and EPs; missing tracks of owned albums stay."""
    selected = (
        release for release in collection.lacking if release.place or release.group.type in _MAIN
    )
    return structs.replace(collection, lacking=tuple(selected))


def _left_out(lookup: Inquiry) -> list[str]:
    """Return a line on how many missing albums are not shown."""
    missing_releases = lookup.holdings.lacking
    count = sum(
        not release.place and release.group.type not in _MAIN for release in missing_releases
    )
    return ["", f"Not shown: {count:,} of other types. --all-types shows them."] if count else []


def _lines(name: str, lookup: Inquiry, here: Artist, *, all_types: bool) -> list[str]:
    report_section = section.of(lookup, here)
    if report_section is None or (lookup.state == "pending" and not lookup.known):
        return []
    lines = [f"{name}: {report_section.lead}"]
    if not report_section.mbid:
        return lines
    lines.append(report_section.mbid)
    groups = _groups("Missing", report_section.albums)
    groups += _groups("Tracks missing in", report_section.tracks)
    groups += _groups("Bonus tracks of other editions of", report_section.bonus)
    nothing = "Nothing is missing." if all_types else "No album, EP or track is missing."
    return [*lines, *(groups or ["", nothing]), *_rest(report_section)]


def _groups(lead: str, groups: Sequence[Missing]) -> list[str]:
    lines = []
    for group in groups:
        lines += ["", f"{lead} {group.name}:", *(f"  {line}" for line in group.lines)]
        if group.more:
            lines.append(f"  and {group.more:,} more, listed by --csv and --json")
    return lines


def _rest(section: Section) -> list[str]:
    lines = []
    if section.bootlegs:
        count = page.counted(section.bootlegs, "album")
        lines += ["", f"Without an official release: {count}"]
    if section.here and section.here.unknown:
        lines += ["", "Here, but not at MusicBrainz:"]
        lines += [f"  {album.album}" for album in section.here.unknown]
    return lines


def _table(name: str, lookup: Inquiry) -> list[str]:
    """Render the CSV; a cell with a line break stays in one piece."""
    text = table.render(missing.COLUMNS, missing.rows(name, lookup))
    return text.removesuffix("\n").split("\n")
