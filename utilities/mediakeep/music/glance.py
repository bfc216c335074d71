"""What a file or folder of music holds, at a glance: plain lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from mediakeep.media.tags import Facts, Picture, Tags
from mediakeep.music import grouping
from mediakeep.music.model import Album, Artist, Fault, Track
from mediakeep.pages import page

SHOWN = 2  # different texts of one tag in an album

_FAULTS = {
    Fault.EMPTY: "it holds no data",
    Fault.NOT_AUDIO: "it is not audio",
    Fault.TRUNCATED: "it is cut off",
    Fault.UNREADABLE: "it cannot be read",
}
_PICTURES = {3: "front cover", 4: "back cover"}


def file(track: Track) -> list[str]:
    """Describe one file: its facts, its tags, its pictures, and what holds the tags."""
    lines = [f"{track.name}: {_facts(track.facts)}" if track.facts else track.name]
    for name in Tags.__struct_fields__:
        value = getattr(track.tags, name)
        if value and name != "pictures":
            text = "; ".join(value) if isinstance(value, tuple) else str(value)
            lines.append(f"  {name}: {text}")
    lines += [f"  picture: {_picture(one)}" for one in track.tags.pictures]
    kinds = [kind for kind in (track.container, *(one.name for one in track.others)) if kind]
    return [*lines, f"  kinds of tags: {', '.join(kinds)}"] if kinds else lines


def folder(artist: Artist) -> list[str]:
    """Describe a folder: a line an album, or a line a track where it holds one album only."""
    tracks = list(artist.tracks)
    head = f"{artist.name}: {page.counted(len(tracks), 'track')}"
    if len(artist.albums) == 1:
        named = [f"  {_line(track)}" for track in tracks if not track.fault]
        return [f"{head}, {_sums(tracks)}", *named]
    albums = page.counted(len(artist.albums), "album")
    return [f"{head} in {albums}, {_sums(tracks)}", *map(_album, artist.albums)]


def faults(artist: Artist) -> list[str]:
    """Say of each file that could not be read why."""
    return [
        f"{track.place}: {_FAULTS[track.fault]}{': ' if track.reason else ''}{track.reason}"
        for track in artist.tracks
        if track.fault
    ]


def _album(album: Album) -> str:
    titles = _texts(track.tags.album for track in album.readable)
    people = _texts(track.tags.albumartist or track.tags.artist for track in album.readable)
    dates = _texts(track.tags.date for track in album.readable)
    told = f"{titles or '(no title)'} by {people or '(nobody)'}, {dates or '(no date)'}"
    count = page.counted(len(album.tracks), "track")
    return f"  {grouping.title(album)}: {count}, {_sums(album.tracks)}; {told}"


def _texts(values: Iterable[Sequence[str]]) -> str:
    """Join the different texts of a tag, the most frequent first."""
    counts = Counter("; ".join(value) for value in values if value)
    named = [text for text, _ in counts.most_common(SHOWN)]
    rest = len(counts) - len(named)
    return " / ".join(named) + (f" and {rest} more" if rest else "")


def _line(track: Track) -> str:
    tags, seconds = track.tags, round(track.facts.duration) if track.facts else 0
    number = f"{tags.disc}-{tags.track}" if tags.disc else tags.track
    title = "; ".join(tags.title) or track.name
    return f"{number} {title} ({seconds // 60}:{seconds % 60:02})".strip()


def _sums(tracks: Iterable[Track]) -> str:
    facts = [track.facts for track in tracks if track.facts]
    formats = Counter(fact.format for fact in facts).most_common()
    told = ", ".join(f"{count:,} {name}" for name, count in formats) or "none readable"
    return f"{page.playing_time(sum(fact.duration for fact in facts))} of music ({told})"


def _facts(facts: Facts) -> str:
    known = [
        facts.format,
        facts.codec,
        page.playing_time(facts.duration),
        facts.bitrate and f"{round(facts.bitrate / 1000):,} kbit/s",
        facts.sample_rate and f"{facts.sample_rate:,} Hz",
        facts.bits and page.counted(facts.bits, "bit"),
        facts.channels and page.counted(facts.channels, "channel"),
        f"{facts.size:,} bytes",
        facts.protected and "locked by DRM",
    ]
    return ", ".join(text for text in known if text)


def _picture(one: Picture) -> str:
    pixels = f" {one.width} x {one.height}" if one.width else ""
    kind = _PICTURES.get(one.type, f"type {one.type}")
    return f"{kind}, {one.seen or one.mime or 'unknown'}{pixels}, {one.size:,} bytes"
