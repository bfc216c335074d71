"""Files with the tags and technical facts of a music file, an album or an artist.

They contain no judgement. docs/extract-metadata.md describes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.media import ignore_rules
from mediakeep.media.audio.tags import AudioProperties, EmbeddedPicture, Tags
from mediakeep.music import scan
from mediakeep.music.model import Album, Artist, Track, TrackFault
from mediakeep.music.reports import issue_groups, json_model, tracks_csv
from mediakeep.pages import render
from mediakeep.size_text import format_count
from mediakeep.untrusted_files import read_json

METADATA_FORMAT = 1
OUTPUT_FOLDER = "outputs"  # below the home

_JSON_SUFFIX, _CSV_SUFFIX = "_metadata.json", "_metadata.csv"
_MAX_TEXTS = 2  # different values of one tag in an album

_FAULT_TEXTS = {
    TrackFault.EMPTY: "the file is empty",
    TrackFault.NOT_AUDIO: "not audio",
    TrackFault.TRUNCATED: "truncated",
    TrackFault.UNREADABLE: "cannot be read",
}
_PICTURE_TYPES = {3: "front cover", 4: "back cover"}


class _MetadataSource(msgspec.Struct):
    """The field of a metadata file that says which path it describes."""

    path: str


def read_path(path: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING) -> Artist:
    """Read a music file, or all tracks of a folder; raise Unreadable if a folder cannot be read.

    A single file is returned as the only track of its folder. An unreadable file has a fault.
    `ignored` are the user's patterns of files to skip.
    """
    if path.is_dir():
        return scan.read_artist(path, ignored=ignored)
    name, place = path_text.escape_path(path.name), path_text.escape_path(path)
    album = Album(place="", tracks=(scan.read_track(path, name, _file_size(path)),))
    return Artist(name=name, path=place, albums=(album,), fingerprint="")


def to_json(artist: Artist) -> bytes:
    """Return all tags and technical facts as JSON."""
    content = {
        "format": METADATA_FORMAT,
        "path": artist.path,
        "albums": json_model.albums_to_json(artist),
        "tracks": [
            json_model.track_to_json(album, track)
            for album in artist.albums
            for track in album.tracks
        ],
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def to_csv(artist: Artist) -> bytes:
    """Write one CSV row per track."""
    return tracks_csv.render_csv(artist)


def _output_paths(home: Path, stem: str) -> tuple[Path, Path]:
    """Return the paths of the JSON and the CSV file; `stem` is their name without extension."""
    return (
        home / OUTPUT_FOLDER / f"{stem}{_JSON_SUFFIX}",
        home / OUTPUT_FOLDER / f"{stem}{_CSV_SUFFIX}",
    )


def choose_paths(home: Path, source: Path, wanted: str | None) -> tuple[Path, Path]:
    """Return the JSON and the CSV file of a path, with a wanted name or that of the path.

    A name that is used for another path is refused if it was wanted, else made unique.
    """
    name = source.name if wanted is None else wanted
    stem = path_text.safe_name(name)
    free = path_text.safe_name(name, _find_taken_stems(home, stem, source))
    if wanted is not None and free != stem:
        holder = _output_paths(home, stem)[0]
        raise UsageError(f"{holder} is about another path. Give another --output-name.")
    return _output_paths(home, free)


def _find_taken_stems(home: Path, stem: str, path: Path) -> set[str]:
    """Return the file names like `stem`, without extension, that are used for other paths.

    A file that does not say which path it describes counts as used for another one.
    """
    prefix = path_text.normalize_name(stem)
    entries = {
        path_text.normalize_name(entry.name): entry for entry in _list_outputs(home / OUTPUT_FOLDER)
    }
    stems = {
        name.removesuffix(_JSON_SUFFIX).removesuffix(_CSV_SUFFIX)
        for name in entries
        if name.startswith(prefix) and name.endswith((_JSON_SUFFIX, _CSV_SUFFIX))
    }
    own_path = path_text.escape_path(path)
    return {other for other in stems if _read_source(entries.get(other + _JSON_SUFFIX)) != own_path}


def _list_outputs(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _read_source(path: Path | None) -> str:
    """Return the path that a metadata file describes, or "" if it does not say."""
    source = read_json(path, _MetadataSource) if path else None
    return source.path if source else ""


def _file_size(path: Path) -> int:
    """Return the size of a regular file, else -1."""
    return path.stat().st_size if path.is_file() else -1


def summarize_file(track: Track) -> list[str]:
    """Describe one file: its technical facts, its tags, its pictures and its tag types."""
    lines = [f"{track.name}: {_format_facts(track.facts)}" if track.facts else track.name]
    for name in Tags.__struct_fields__:
        value = getattr(track.tags, name)
        if value and name != "pictures":
            text = "; ".join(value) if isinstance(value, tuple) else str(value)
            lines.append(f"  {name}: {text}")
    lines += [f"  picture: {_format_picture(item)}" for item in track.tags.pictures]
    kinds = [kind for kind in (track.container, *(item.name for item in track.other_tags)) if kind]
    return [*lines, f"  tag types: {', '.join(kinds)}"] if kinds else lines


def summarize_folder(artist: Artist) -> list[str]:
    """Describe a folder: one line per album, or one line per track if it holds a single album."""
    tracks = list(artist.tracks)
    head = f"{artist.name}: {format_count(len(tracks), 'track')}"
    if len(artist.albums) == 1:
        titles = [f"  {_format_track(track)}" for track in tracks if not track.fault]
        return [f"{head}, {_format_totals(tracks)}", *titles]
    albums = format_count(len(artist.albums), "album")
    return [f"{head} in {albums}, {_format_totals(tracks)}", *map(_format_album, artist.albums)]


def list_faults(artist: Artist) -> list[str]:
    """Explain for each unreadable file why it could not be read."""
    return [
        f"{track.place}: {_FAULT_TEXTS[track.fault]}{': ' if track.reason else ''}{track.reason}"
        for track in artist.tracks
        if track.fault
    ]


def _format_album(album: Album) -> str:
    titles = _join_frequent_texts(track.tags.album for track in album.readable_tracks)
    people = _join_frequent_texts(
        track.tags.albumartist or track.tags.artist for track in album.readable_tracks
    )
    dates = _join_frequent_texts(track.tags.date for track in album.readable_tracks)
    description = f"{titles or '(no title)'} by {people or '(no artist)'}, {dates or '(no date)'}"
    count = format_count(len(album.tracks), "track")
    title, totals = issue_groups.album_title(album), _format_totals(album.tracks)
    return f"  {title}: {count}, {totals}; {description}"


def _join_frequent_texts(values: Iterable[Sequence[str]]) -> str:
    """Join the different values of a tag, most frequent first."""
    counts = Counter("; ".join(value) for value in values if value)
    shown = [text for text, _ in counts.most_common(_MAX_TEXTS)]
    rest = len(counts) - len(shown)
    return " / ".join(shown) + (f" and {rest} more" if rest else "")


def _format_track(track: Track) -> str:
    tags, seconds = track.tags, round(track.facts.duration) if track.facts else 0
    number = f"{tags.disc}-{tags.track}" if tags.disc else tags.track
    title = "; ".join(tags.title) or track.name
    return f"{number} {title} ({seconds // 60}:{seconds % 60:02})".strip()


def _format_totals(tracks: Iterable[Track]) -> str:
    facts = [track.facts for track in tracks if track.facts]
    formats = Counter(fact.format for fact in facts).most_common()
    counts = ", ".join(f"{count:,} {name}" for name, count in formats) or "none readable"
    return f"{render.format_playing_time(sum(fact.duration for fact in facts))} of music ({counts})"


def _format_facts(facts: AudioProperties) -> str:
    parts = [
        facts.format,
        facts.codec,
        render.format_playing_time(facts.duration),
        facts.bitrate and f"{round(facts.bitrate / 1000):,} kbit/s",
        facts.sample_rate and f"{facts.sample_rate:,} Hz",
        facts.bits and format_count(facts.bits, "bit"),
        facts.channels and format_count(facts.channels, "channel"),
        f"{facts.size:,} bytes",
        facts.protected and "DRM-protected",
    ]
    return ", ".join(text for text in parts if text)


def _format_picture(picture: EmbeddedPicture) -> str:
    pixels = f" {picture.width} x {picture.height}" if picture.width else ""
    kind = _PICTURE_TYPES.get(picture.type, f"type {picture.type}")
    return f"{kind}, {picture.seen or picture.mime or 'unknown'}{pixels}, {picture.size:,} bytes"
