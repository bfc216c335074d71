"""What is missing here of an artist's discography, looked up now."""

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
_CODES = {"done": 0, "unsure": 1, "unknown": 1}  # 1: nobody was found who it certainly is


def tell(home: Path, name: str, access: Access, *, all_types: bool, as_csv: bool) -> Told:
    """Compare an artist's folder with what MusicBrainz knows; the queue is not changed."""
    folder = _folder(home, name)
    shown = files.printable(folder.path.name)
    places = Places(home, write=False, access=access, ignored=subjects.ignored(home))
    with tools.opened(places) as open_ones:
        found = scan.artist(folder.path, reader=open_ones.index, ignored=places.ignored)
        open_ones.index.commit()
        if not any(album.readable for album in found.albums):
            raise ItemFailed(f"{shown} has no track that can be read.")
        with entries.warned(open_ones.desk):
            asked = inquiry.of(found, folder.lookup_key, open_ones.desk)
        spent = open_ones.desk.spent.taken()
    left = _left_out(asked)
    if not all_types:
        asked = structs.replace(asked, holdings=_main(asked.holdings))
    code = 4 if asked.failed and access.fresh else _CODES.get(asked.state, _unasked(asked))
    if asked.why:
        click.echo(shared.plain(asked.why), err=True)
    counts = {"requests": spent.requests, "hits": spent.hits}
    data = {"artist": shown, **missing.told(shown, asked), **counts}
    if as_csv:
        return Told(_table(shown, asked), data, code)
    if asked.state == "unsure":
        return Told(_choices(home, folder.path, asked), data, code)
    lines = _lines(shown, asked, found, all_types=all_types)
    return Told([*lines, *([] if all_types else left)], data, code)


def _choices(home: Path, folder: Path, asked: Inquiry) -> list[str]:
    """Name those who may be meant, and how a person says who it is."""
    choices = asked.resolved.choices if asked.resolved else ()
    name = files.printable(folder.name)
    lines = [f"{name}: {section.unsure(choices)}:"]
    lines += map(artists.candidate, choices)
    command = config.spoken("fix_metadata.py", home)
    place = files.quoted(files.escape(folder))
    return [*lines, f"Say who it is: {command} musicbrainz_albumartistid {place} MBID"]


def _unasked(asked: Inquiry) -> int:
    """Return the exit code where nobody answered; what was known before is an answer, too."""
    if asked.failed:
        return 4
    return 0 if asked.known else 2


def _folder(home: Path, name: str) -> Folder:
    """Find an artist by the name in the queue, else by the path of the folder."""
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


def _main(told: Holdings) -> Holdings:
    """Leave out albums that are neither a studio album nor an EP; tracks of what is here stay."""
    kept = (one for one in told.lacking if one.place or one.group.type in _MAIN)
    return structs.replace(told, lacking=tuple(kept))


def _left_out(asked: Inquiry) -> list[str]:
    """Say how much of a whole discography is left out."""
    lacking = asked.holdings.lacking
    count = sum(not one.place and one.group.type not in _MAIN for one in lacking)
    return ["", f"Left out: {count:,} of other types. --all-types shows them."] if count else []


def _lines(name: str, asked: Inquiry, here: Artist, *, all_types: bool) -> list[str]:
    told = section.of(asked, here)
    if told is None or (asked.state == "pending" and not asked.known):
        return []
    lines = [f"{name}: {told.lead}"]
    if not told.mbid:
        return lines
    lines.append(told.mbid)
    found = _groups("Missing", told.albums)
    found += _groups("Tracks missing in", told.tracks)
    found += _groups("Bonus tracks of other editions of", told.bonus)
    nothing = "Nothing is missing." if all_types else "No album, EP or track is missing."
    return [*lines, *(found or ["", nothing]), *_rest(told)]


def _groups(lead: str, groups: Sequence[Missing]) -> list[str]:
    lines = []
    for group in groups:
        lines += ["", f"{lead} {group.name}:", *(f"  {line}" for line in group.lines)]
        if group.more:
            lines.append(f"  and {group.more:,} more, which --csv and --json list")
    return lines


def _rest(section: Section) -> list[str]:
    lines = []
    if section.bootlegs:
        count = page.counted(section.bootlegs, "album")
        lines += ["", f"Without an official release: {count}"]
    if section.here and section.here.unknown:
        lines += ["", "Here, and not known at MusicBrainz:"]
        lines += [f"  {one.album}" for one in section.here.unknown]
    return lines


def _table(name: str, asked: Inquiry) -> list[str]:
    """Write the table; a cell that holds a line break stays in one piece."""
    text = table.render(missing.COLUMNS, missing.rows(name, asked))
    return text.removesuffix("\n").split("\n")
