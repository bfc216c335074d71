"""Safe repairs of track numbers: plain figures, and the total in its own field."""

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
_APART = "the total has a field of its own"
_ALIKE = "written as the others of its disc"

_FORMATS = frozenset(kind.name for kind in (formats.FLAC, formats.VORBIS, formats.OPUS))
_NAMES = ("TRCK", "tracknumber", "track")  # of the number, in the tags that are written
_TOTALS = ("tracktotal", "totaltracks")
# Of the kinds of tags and formats, those with a number and no figures that could be padded.
_COUNTED = frozenset({"ID3v1", formats.MP4.name})

# What stands around a number and says no more than it: not "Disc", and no letter of a side.
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
    """Numbers in plain figures; once these are all plain, written as most are on their disc."""
    for album in artist.albums:
        if found := numbers.track_number_format(album):
            odd = [track for track in album.tracks if track.place in found and _is_free(track)]
            made = [one for track in odd for one in _plainly(track)]
            yield from made or _alike(album, [one for one in odd if not _with_total(one)])


def likely(artist: Artist) -> Iterator[Repair]:
    """A number among words that are not known to say no more, where no other track bears it."""
    for album in artist.albums:
        found = numbers.track_number_format(album)
        for disc in groups.of(album) if found else ():
            counts = Counter(disc.numbers)
            for track, number in zip(disc.tracks, disc.numbers, strict=True):
                if number is None or counts[number] > 1 or track.place not in found:
                    continue
                if _is_free(track) and _is_wordy(track) and not _with_total(track):
                    text = written(number, disc.tracks)
                    yield from repair.edits(track, "track", (text,), _KIND, _PLAINLY)


def written(number: int, like: Sequence[Track]) -> str:
    """Write a number as most of some tracks do: "03" or "3"."""
    short = [text for track in like if _is_short(text := track.tags.track)]
    padded = [text for text in short if text.startswith("0")]
    if 2 * len(padded) <= len(short):
        return str(number)
    return str(number).zfill(Counter(map(len, padded)).most_common(1)[0][0])


def _is_free(track: Track) -> bool:
    """Tell whether a track's number may be written: it stands in one text, and no other is lost."""
    return len(_texts(track)) < 2 and repair.is_writable(track)


def _is_wordy(track: Track) -> bool:
    """Tell whether a number stands among words, none of which is of a disc or one of its sides."""
    text = track.tags.track
    words = [word.casefold() for word in _WORD.findall(text)]
    others = not words or _OF_DISCS.intersection(words) or min(map(len, words)) < 2
    return len(_FIGURES.findall(text)) == 1 and not others


def _texts(track: Track) -> list[str]:
    return [text for name in _NAMES for text in track.raw.get(name, ())]


def _plainly(track: Track) -> Iterator[Repair]:
    """Part the number from what is written around it, the total too."""
    text, whole = track.tags.track, _with_total(track)
    if (positions.is_plain(text) and not whole) or (figures := _figures(track)) is None:
        return
    number, *beside = figures
    behind = whole.partition("/")[2].strip()
    total = _agreed([*beside, behind] if behind else beside, track.tags.track_total)
    if total is None:
        return
    for one in repair.edits(track, "track", (number,), _KIND, _APART if whole else _PLAINLY):
        yield structs.replace(one, old=(whole,)) if whole else one
    own = "" if behind and not _has_own_total(track) else track.tags.track_total
    if total and total != own:
        for one in repair.edits(track, "track_total", (total,), _KIND, _APART):
            yield structs.replace(one, old=(own,) if own else ())


def _with_total(track: Track) -> str:
    """Return the text in which a Vorbis comment holds the total as well, "" where it does not."""
    vorbis = track.facts is not None and track.facts.format in _FORMATS
    return next((text for text in _texts(track) if "/" in text), "") if vorbis else ""


def _has_own_total(track: Track) -> bool:
    return any(track.raw.get(name) for name in _TOTALS)


def _figures(track: Track) -> list[str] | None:
    """Return the figures of a number, and of the total beside it; None where they are uncertain."""
    text = track.tags.track
    around = _FIGURES.sub(" ", text)
    words = {word.casefold() for word in _WORD.findall(around)}
    certain = positions.is_plain(text) or positions.number(track) is not None
    if not certain or not words <= _WORDS or not _SIGNS.fullmatch(_WORD.sub("", around)):
        return None
    return _FIGURES.findall(text)


def _agreed(said: Sequence[str], held: str) -> str | None:
    """Return the one total that a number's text and the total's own field tell, "" for none.

    None where they contradict each other.
    """
    told = [*said, held] if letters.holds(held) else [*said]
    if not said:
        return ""
    same = len({positions.figures(total) for total in told}) == 1
    return told[-1] if same and positions.is_plain(told[-1]) else None


def _alike(album: Album, odd: Sequence[Track]) -> Iterator[Repair]:
    """Pad numbers below 10, or do not, as most others of their disc and format."""
    places = {track.place for track in odd}
    for disc in groups.of(album):
        for tracks in _by_format(disc.tracks):
            for track in tracks:
                text = written(int(track.tags.track[-1]), tracks)
                if track.place in places and text != track.tags.track:
                    yield from repair.edits(track, "track", (text,), _KIND, _ALIKE)


def _by_format(tracks: Iterable[Track]) -> Iterable[list[Track]]:
    """Part the tracks whose number has one figure that is written out."""
    found: dict[str, list[Track]] = {}
    for track in tracks:
        kind = track.facts.format if track.facts else ""
        if _is_short(track.tags.track) and _COUNTED.isdisjoint((track.container, kind)):
            found.setdefault(kind, []).append(track)
    return found.values()


def _is_short(text: str) -> bool:
    return positions.is_plain(text) and len(text.lstrip("0")) == 1
