"""Look up what is missing of an artist's discography."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from mediakeep import command_text, path_text
from mediakeep.app.console import CommandResult, Console
from mediakeep.app.lookups import cache_warnings
from mediakeep.app.music import artist_folder, artist_search
from mediakeep.app.music.artist_folder import ArtistFolder
from mediakeep.app.subjects import registry
from mediakeep.errors import ItemFailed, NoQueue, NoSuchItem, UsageError
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.music import scan, worker_context
from mediakeep.music.artist_lookup import lookup as artist_lookup_lookup
from mediakeep.music.artist_lookup import missing_table
from mediakeep.music.artist_lookup import report_section as artist_lookup_report_section
from mediakeep.music.artist_lookup.collection import OwnedDiscography
from mediakeep.music.artist_lookup.lookup import ArtistLookup
from mediakeep.music.artist_lookup.report_section import MissingGroup, MusicBrainzSection
from mediakeep.music.item import MUSIC
from mediakeep.music.model import Artist
from mediakeep.music.worker_context import MusicWorkerConfig
from mediakeep.queue import actions, readonly
from mediakeep.size_text import format_count
from mediakeep.views import missing_albums_csv as table

_MAIN_TYPES = "Album", "EP"
_EXIT_CODES = {"done": 0, "unsure": 1, "unknown": 1}  # 1: no certain match


def show_missing(
    home: Path, name: str, access: ServiceConfig, console: Console, *, all_types: bool, as_csv: bool
) -> CommandResult:
    """Compare an artist's folder with MusicBrainz; the queue is not changed."""
    folder = _find_folder(home, name)
    shown = path_text.to_printable(folder.path.name)
    places = MusicWorkerConfig(
        home, write=False, access=access, ignored=registry.read_ignore_settings(home)
    )
    with worker_context.open_context(places) as context:
        local_artist = scan.read_artist(folder.path, reader=context.reader, ignored=places.ignored)
        context.reader.commit()
        if not any(album.readable_tracks for album in local_artist.albums):
            raise ItemFailed(f"{shown} has no readable tracks.")
        with cache_warnings.report_cache_warnings(context.lookups, console):
            lookup = artist_lookup_lookup.look_up(local_artist, folder.lookup_key, context.lookups)
        stats = context.lookups.stats.take_and_reset()
    left_out_lines = _format_left_out(lookup)
    if not all_types:
        lookup = structs.replace(lookup, collection=_keep_main_types(lookup.collection))
    code = (
        4
        if lookup.service_failed and access.fresh
        else _EXIT_CODES.get(lookup.state, _exit_code_without_lookup(lookup))
    )
    if lookup.reason:
        console.print_message(lookup.reason)
    counts = {"requests": stats.requests, "hits": stats.hits}
    data = {"artist": shown, **missing_table.to_json(shown, lookup), **counts}
    if as_csv:
        return CommandResult(_render_csv(shown, lookup), data, code)
    if lookup.state == "unsure":
        return CommandResult(_format_choices(home, folder.path, lookup), data, code)
    lines = _format_missing(shown, lookup, local_artist, all_types=all_types)
    return CommandResult([*lines, *([] if all_types else left_out_lines)], data, code)


def _format_choices(home: Path, folder: Path, lookup: ArtistLookup) -> list[str]:
    """List the candidates, and the command that selects one."""
    choices = lookup.resolved.choices if lookup.resolved else ()
    name = path_text.to_printable(folder.name)
    lines = [f"{name}: {artist_lookup_report_section.format_ambiguity(choices)}:"]
    lines += map(artist_search.format_candidate, choices)
    place = path_text.quote_escaped(path_text.escape_path(folder))
    words = f"musicbrainz_albumartistid {place} MBID"
    return [
        *lines,
        f"Select one with: {command_text.format_command('fix_metadata.py', home, words)}",
    ]


def _exit_code_without_lookup(lookup: ArtistLookup) -> int:
    """Return the exit code if no request succeeded; cached data counts as an answer."""
    if lookup.service_failed:
        return 4
    return 0 if lookup.discography else 2


def _find_folder(home: Path, name: str) -> ArtistFolder:
    """Find an artist by the name in the queue, or else by the folder's path."""
    if not name.strip():
        raise UsageError("The name of the artist is empty.")
    path = Path(name).resolve()
    try:
        state = readonly.load_state(registry.queue_folder(home, MUSIC), MUSIC)
    except NoQueue as error:
        if path.is_dir():
            return artist_folder.find_folder({}, path)
        raise UsageError(f"{path_text.display_path(name)} is not a folder. {error}") from error
    try:
        key = actions.find_item_key(state, name)
    except NoSuchItem:
        if path.is_dir():
            return artist_folder.find_folder(state.items, path)
        raise
    item = state.items[key]
    return ArtistFolder(Path(path_text.unescape_path(item.path)), key, item)


def _keep_main_types(collection: OwnedDiscography) -> OwnedDiscography:
    """Keep studio albums and EPs; missing tracks of owned albums stay."""
    selected = (
        release
        for release in collection.missing
        if release.place or release.group.type in _MAIN_TYPES
    )
    return structs.replace(collection, missing=tuple(selected))


def _format_left_out(lookup: ArtistLookup) -> list[str]:
    """Return a line on how many missing albums are not shown."""
    missing_releases = lookup.collection.missing
    count = sum(
        not release.place and release.group.type not in _MAIN_TYPES for release in missing_releases
    )
    return ["", f"Not shown: {count:,} of other types. --all-types shows them."] if count else []


def _format_missing(name: str, lookup: ArtistLookup, here: Artist, *, all_types: bool) -> list[str]:
    report_section = artist_lookup_report_section.build_section(lookup, here)
    if report_section is None or (lookup.state == "pending" and not lookup.discography):
        return []
    lines = [f"{name}: {report_section.lead}"]
    if not report_section.mbid:
        return lines
    lines.append(report_section.mbid)
    groups = _format_groups("Missing", report_section.albums)
    groups += _format_groups("Tracks missing in", report_section.tracks)
    groups += _format_groups("Bonus tracks of other editions of", report_section.bonus)
    nothing = "Nothing is missing." if all_types else "No album, EP or track is missing."
    return [*lines, *(groups or ["", nothing]), *_format_remarks(report_section)]


def _format_groups(lead: str, groups: Sequence[MissingGroup]) -> list[str]:
    lines = []
    for group in groups:
        lines += ["", f"{lead} {group.name}:", *(f"  {line}" for line in group.lines)]
        if group.more:
            lines.append(f"  and {group.more:,} more, listed by --csv and --json")
    return lines


def _format_remarks(section: MusicBrainzSection) -> list[str]:
    lines = []
    if section.bootlegs:
        count = format_count(section.bootlegs, "album")
        lines += ["", f"Without an official release: {count}"]
    if section.here and section.here.unknown:
        lines += ["", "Here, but not at MusicBrainz:"]
        lines += [f"  {album.album}" for album in section.here.unknown]
    return lines


def _render_csv(name: str, lookup: ArtistLookup) -> list[str]:
    """Render the CSV; a cell with a line break stays in one piece."""
    text = table.render_rows(missing_table.COLUMNS, missing_table.build_rows(name, lookup))
    return text.removesuffix("\n").split("\n")
