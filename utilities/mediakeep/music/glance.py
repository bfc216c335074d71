"""Short text descriptions of a music file or folder for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from mediakeep.media.tags import Facts, Picture, Tags
from mediakeep.music import grouping
from mediakeep.music.model import Album, Artist, Fault, Track
from mediakeep.pages import page

SHOWN = 2  # different values of one tag in an album

_FAULTS = {
    Fault.EMPTY: "the file is empty",
    Fault.NOT_AUDIO: "not audio",
    Fault.TRUNCATED: "truncated",
    Fault.UNREADABLE: "cannot be read",
}
_PICTURES = {3: "front cover", 4: "back cover"}


def file(track: Track) -> list[str]:
    """Describe one file: its technical facts, its tags, its pictures and its tag types."""
    lines = [f"{track.name}: {_facts(track.facts)}" if track.facts else track.name]
    for name in Tags.__struct_fields__:
        value = getattr(track.tags, name)
        if value and name != "pictures":
            text = "; ".join(value) if isinstance(value, tuple) else str(value)
            lines.append(f"  {name}: {text}")
    lines += [f"  picture: {_picture(item)}" for item in track.tags.pictures]
    kinds = [kind for kind in (track.container, *(item.name for item in track.others)) if kind]
    return [*lines, f"  tag types: {', '.join(kinds)}"] if kinds else lines


def folder(artist: Artist) -> list[str]:
    """Describe a folder: one line per album, or one line per track if it holds a single album."""
    tracks = list(artist.tracks)
    head = f"{artist.name}: {page.counted(len(tracks), 'track')}"
    if len(artist.albums) == 1:
        titles = [f"  {_line(track)}" for track in tracks if not track.fault]
        return [f"{head}, {_sums(tracks)}", *titles]
    albums = page.counted(len(artist.albums), "album")
    return [f"{head} in {albums}, {_sums(tracks)}", *map(_album, artist.albums)]


def faults(artist: Artist) -> list[str]:
    """Explain for each unreadable file why it could not be read."""
    return [
        f"{track.place}: {_FAULTS[track.fault]}{': ' if track.reason else ''}{track.reason}"
        for track in artist.tracks
        if track.fault
    ]


def _album(album: Album) -> str:
    titles = _texts(track.tags.album for track in album.readable)
    people = _texts(track.tags.albumartist or track.tags.artist for track in album.readable)
    dates = _texts(track.tags.date for track in album.readable)
    description = f"{titles or '(no title)'} by {people or '(no artist)'}, {dates or '(no date)'}"
    count = page.counted(len(album.tracks), "track")
    title, totals = grouping.title(album), _sums(album.tracks)
    return f"  {title}: {count}, {totals}; {description}"


def _texts(values: Iterable[Sequence[str]]) -> str:
    """Join the different values of a tag, most frequent first."""
    counts = Counter("; ".join(value) for value in values if value)
    shown = [text for text, _ in counts.most_common(SHOWN)]
    rest = len(counts) - len(shown)
    return " / ".join(shown) + (f" and {rest} more" if rest else "")


def _line(track: Track) -> str:
    tags, seconds = track.tags, round(track.facts.duration) if track.facts else 0
    number = f"{tags.disc}-{tags.track}" if tags.disc else tags.track
    title = "; ".join(tags.title) or track.name
    return f"{number} {title} ({seconds // 60}:{seconds % 60:02})".strip()


def _sums(tracks: Iterable[Track]) -> str:
    facts = [track.facts for track in tracks if track.facts]
    formats = Counter(fact.format for fact in facts).most_common()
    counts = ", ".join(f"{count:,} {name}" for name, count in formats) or "none readable"
    return f"{page.playing_time(sum(fact.duration for fact in facts))} of music ({counts})"


def _facts(facts: Facts) -> str:
    parts = [
        facts.format,
        facts.codec,
        page.playing_time(facts.duration),
        facts.bitrate and f"{round(facts.bitrate / 1000):,} kbit/s",
        facts.sample_rate and f"{facts.sample_rate:,} Hz",
        facts.bits and page.counted(facts.bits, "bit"),
        facts.channels and page.counted(facts.channels, "channel"),
        f"{facts.size:,} bytes",
        facts.protected and "DRM-protected",
    ]
    return ", ".join(text for text in parts if text)


def _picture(picture: Picture) -> str:
    pixels = f" {picture.width} x {picture.height}" if picture.width else ""
    kind = _PICTURES.get(picture.type, f"type {picture.type}")
    return f"{kind}, {picture.seen or picture.mime or 'unknown'}{pixels}, {picture.size:,} bytes"
