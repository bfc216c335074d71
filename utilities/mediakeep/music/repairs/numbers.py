"""Safe repairs of track numbers: plain digits, and the total in its own field."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import structs

from mediakeep.media import formats
from mediakeep.music.checks import groups, letters, numbers, positions
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import Repair

_KIND = "track-number-format"
_PLAINLY = "a plain number"
_APART = "the total has a separate field"
_ALIKE = "padded like the others on its disc"

_FORMATS = frozenset(kind.name for kind in (formats.FLAC, formats.VORBIS, formats.OPUS))
_NAMES = ("TRCK", "tracknumber", "track")  # raw fields of the number, in the tags that are written
_TOTALS = ("tracktotal", "totaltracks")
# Tag types and formats that store a number instead of digits, so without padding.
_COUNTED = frozenset({"ID3v1", formats.MP4.name})

# Words around a number that add nothing to it; not "Disc", and no letter of a side.
_WORDS = frozenset(
    {
        *("track", "trk", "tr", "no", "nr", "num", "number", "song", "of", "titel", "von", "lied"),
        *("piste", "plage", "pista", "de", "faixa", "traccia", "nummer", "spår", "spor", "raita"),
    }
)
_OF_DISCS = frozenset({"cd", "disc", "disk", "dvd", "lp", "side", "seite", "vol", "volume"})
_WORD = re.compile(r"[^\W\d_]+")
_FIGURES = re.compile("[0-9]+")
_SIGNS = re.compile(r"[\s()\[\]#№º°.,:;*/\\_–—-]*")


def track_number_format(artist: Artist) -> Iterator[Repair]:
    """Write plain numbers; once all are plain, pad them like most others on their disc."""
    for album in artist.albums:
        if details := numbers.track_number_format(album):
            affected = [
                track for track in album.tracks if track.place in details and _is_free(track)
            ]
            plain = [planned for track in affected for planned in _plainly(track)]
            yield from plain or _alike(
                album, [track for track in affected if not _with_total(track)]
            )


def likely(artist: Artist) -> Iterator[Repair]:
    """Propose the number among unknown words if no other track has it."""
    for album in artist.albums:
        details = numbers.track_number_format(album)
        for disc in groups.of(album) if details else ():
            counts = Counter(disc.numbers)
            for track, number in zip(disc.tracks, disc.numbers, strict=True):
                if number is None or counts[number] > 1 or track.place not in details:
                    continue
                if _is_free(track) and _is_wordy(track) and not _with_total(track):
                    text = written(number, disc.tracks)
                    yield from repair.edits(track, "track", (text,), _KIND, _PLAINLY)


def written(number: int, tracks: Sequence[Track]) -> str:
    """Format a number as most of these tracks do: "03" or "3"."""
    short = [text for track in tracks if _is_short(text := track.tags.track)]
    padded = [text for text in short if text.startswith("0")]
    if 2 * len(padded) <= len(short):
        return str(number)
    return str(number).zfill(Counter(map(len, padded)).most_common(1)[0][0])


def _is_free(track: Track) -> bool:
    """Return whether a track's number can be rewritten: it is in one text only, so none is lost."""
    return len(_texts(track)) < 2 and repair.is_writable(track)


def _is_wordy(track: Track) -> bool:
    """Return whether a number is among words that name neither a disc nor a side."""
    text = track.tags.track
    words = [word.casefold() for word in _WORD.findall(text)]
    is_other = not words or _OF_DISCS.intersection(words) or min(map(len, words)) < 2
    return len(_FIGURES.findall(text)) == 1 and not is_other


def _texts(track: Track) -> list[str]:
    return [text for name in _NAMES for text in track.raw.get(name, ())]


def _plainly(track: Track) -> Iterator[Repair]:
    """Split the number from the text around it, and from the total."""
    text, text_with_total = track.tags.track, _with_total(track)
    if (positions.is_plain(text) and not text_with_total) or (digits := _figures(track)) is None:
        return
    number, *totals = digits
    total_after_slash = text_with_total.partition("/")[2].strip()
    total = _agreed(
        [*totals, total_after_slash] if total_after_slash else totals, track.tags.track_total
    )
    if total is None:
        return
    for planned in repair.edits(
        track, "track", (number,), _KIND, _APART if text_with_total else _PLAINLY
    ):
        yield structs.replace(planned, old=(text_with_total,)) if text_with_total else planned
    current_total = (
        "" if total_after_slash and not _has_own_total(track) else track.tags.track_total
    )
    if total and total != current_total:
        for planned in repair.edits(track, "track_total", (total,), _KIND, _APART):
            yield structs.replace(planned, old=(current_total,) if current_total else ())


def _with_total(track: Track) -> str:
    """Return the text of a Vorbis comment that contains the total as well, else ""."""
    is_vorbis = track.facts is not None and track.facts.format in _FORMATS
    return next((text for text in _texts(track) if "/" in text), "") if is_vorbis else ""


def _has_own_total(track: Track) -> bool:
    return any(track.raw.get(name) for name in _TOTALS)


def _figures(track: Track) -> list[str] | None:
    """Return the digits of a number, and of the total next to it; None if they are uncertain."""
    text = track.tags.track
    around = _FIGURES.sub(" ", text)
    words = {word.casefold() for word in _WORD.findall(around)}
    certain = positions.is_plain(text) or positions.number(track) is not None
    if not certain or not words <= _WORDS or not _SIGNS.fullmatch(_WORD.sub("", around)):
        return None
    return _FIGURES.findall(text)


def _agreed(totals: Sequence[str], current: str) -> str | None:
    """Return the total that the number's text and the total's own field agree on, "" if none.

    None if they contradict each other.
    """
    all_totals = [*totals, current] if letters.holds(current) else [*totals]
    if not totals:
        return ""
    is_same = len({positions.figures(total) for total in all_totals}) == 1
    return all_totals[-1] if is_same and positions.is_plain(all_totals[-1]) else None


def _alike(album: Album, affected: Sequence[Track]) -> Iterator[Repair]:
    """Pad numbers below 10 like most others of their disc and format, or not at all."""
    places = {track.place for track in affected}
    for disc in groups.of(album):
        for tracks in _by_format(disc.tracks):
            for track in tracks:
                text = written(int(track.tags.track[-1]), tracks)
                if track.place in places and text != track.tags.track:
                    yield from repair.edits(track, "track", (text,), _KIND, _ALIKE)


def _by_format(tracks: Iterable[Track]) -> Iterable[list[Track]]:
    """Group the tracks whose number has one significant digit by format."""
    by_format: dict[str, list[Track]] = {}
    for track in tracks:
        kind = track.facts.format if track.facts else ""
        if _is_short(track.tags.track) and _COUNTED.isdisjoint((track.container, kind)):
            by_format.setdefault(kind, []).append(track)
    return by_format.values()


def _is_short(text: str) -> bool:
    return positions.is_plain(text) and len(text.lstrip("0")) == 1
