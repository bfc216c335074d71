"""Safe repairs of track numbers: plain digits, and the total in its own field."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import structs

from mediakeep.media.audio import formats
from mediakeep.music import album_grouping
from mediakeep.music.checks import track_numbering
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import Repair
from mediakeep.music.text import compare_text, track_numbers

_KIND = "track-number-format"
_PLAIN_REASON = "a plain number"
_TOTAL_REASON = "the total has a separate field"
_PADDING_REASON = "padded like the others on its disc"

_VORBIS_FORMATS = frozenset(kind.name for kind in (formats.FLAC, formats.VORBIS, formats.OPUS))
_NUMBER_FIELDS = (
    "TRCK",
    "tracknumber",
    "track",
)  # raw fields of the number, in the tags that are written
_TOTAL_FIELDS = ("tracktotal", "totaltracks")
# Tag types and formats that store a number instead of digits, so without padding.
_UNPADDED_TYPES = frozenset({"ID3v1", formats.MP4.name})

# Words around a number that add nothing to it; not "Disc", and no letter of a side.
_NUMBER_WORDS = frozenset(
    {
        *("track", "trk", "tr", "no", "nr", "num", "number", "song", "of", "titel", "von", "lied"),
        *("piste", "plage", "pista", "de", "faixa", "traccia", "nummer", "spår", "spor", "raita"),
    }
)
_DISC_WORDS = frozenset({"cd", "disc", "disk", "dvd", "lp", "side", "seite", "vol", "volume"})
_WORD = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile("[0-9]+")
_PUNCTUATION = re.compile(r"[\s()\[\]#№º°.,:;*/\\_–—-]*")


def repair_track_number_format(artist: Artist) -> Iterator[Repair]:
    """Write track numbers as plain digits; if all are plain, pad them like most on their disc."""
    for album in artist.albums:
        if details := track_numbering.track_number_format(album):
            affected = [
                track
                for track in album.tracks
                if track.place in details and _may_be_rewritten(track)
            ]
            plain = [planned for track in affected for planned in _split_number(track)]
            yield from plain or _pad_like_others(
                album, [track for track in affected if not _find_text_with_total(track)]
            )


def propose_track_number_format(artist: Artist) -> Iterator[Repair]:
    """Propose the number in a text with unknown words, if no other track has this number."""
    for album in artist.albums:
        details = track_numbering.track_number_format(album)
        for disc in album_grouping.group_by_disc(album) if details else ():
            counts = Counter(disc.numbers)
            for track, number in zip(disc.tracks, disc.numbers, strict=True):
                if number is None or counts[number] > 1 or track.place not in details:
                    continue
                if (
                    _may_be_rewritten(track)
                    and _is_among_words(track)
                    and not _find_text_with_total(track)
                ):
                    text = format_number_like_tracks(number, disc.tracks)
                    yield from repair.set_field(track, "track", (text,), _KIND, _PLAIN_REASON)


def format_number_like_tracks(number: int, tracks: Sequence[Track]) -> str:
    """Format a track number as most of these tracks do: "03" or "3"."""
    short = [text for track in tracks if _is_single_digit(text := track.tags.track)]
    padded = [text for text in short if text.startswith("0")]
    if 2 * len(padded) <= len(short):
        return str(number)
    return str(number).zfill(Counter(map(len, padded)).most_common(1)[0][0])


def _may_be_rewritten(track: Track) -> bool:
    """Return whether a track's number is in a single text, so that rewriting loses nothing."""
    return len(_raw_numbers(track)) < 2 and repair.is_writable(track)


def _is_among_words(track: Track) -> bool:
    """Return whether a track number has words around it that name neither a disc nor a side."""
    text = track.tags.track
    words = [word.casefold() for word in _WORD.findall(text)]
    is_other = not words or _DISC_WORDS.intersection(words) or min(map(len, words)) < 2
    return len(_DIGITS.findall(text)) == 1 and not is_other


def _raw_numbers(track: Track) -> list[str]:
    return [text for name in _NUMBER_FIELDS for text in track.raw.get(name, ())]


def _split_number(track: Track) -> Iterator[Repair]:
    """Split the number from the text around it, and from the total."""
    text, text_with_total = track.tags.track, _find_text_with_total(track)
    if (track_numbers.is_digits(text) and not text_with_total) or (
        digits := _certain_digits(track)
    ) is None:
        return
    number, *totals = digits
    total_after_slash = text_with_total.partition("/")[2].strip()
    total = _agreed_total(
        [*totals, total_after_slash] if total_after_slash else totals, track.tags.track_total
    )
    if total is None:
        return
    for planned in repair.set_field(
        track, "track", (number,), _KIND, _TOTAL_REASON if text_with_total else _PLAIN_REASON
    ):
        yield structs.replace(planned, old=(text_with_total,)) if text_with_total else planned
    current_total = (
        "" if total_after_slash and not _has_own_total(track) else track.tags.track_total
    )
    if total and total != current_total:
        for planned in repair.set_field(track, "track_total", (total,), _KIND, _TOTAL_REASON):
            yield structs.replace(planned, old=(current_total,) if current_total else ())


def _find_text_with_total(track: Track) -> str:
    """Return the track number of a Vorbis comment if it includes the total ("3/12"), else ""."""
    is_vorbis = track.facts is not None and track.facts.format in _VORBIS_FORMATS
    return next((text for text in _raw_numbers(track) if "/" in text), "") if is_vorbis else ""


def _has_own_total(track: Track) -> bool:
    return any(track.raw.get(name) for name in _TOTAL_FIELDS)


def _certain_digits(track: Track) -> list[str] | None:
    """Return the digits of a track number, and of a total after it; None if uncertain."""
    text = track.tags.track
    around = _DIGITS.sub(" ", text)
    words = {word.casefold() for word in _WORD.findall(around)}
    certain = track_numbers.is_digits(text) or track_numbers.track_number(track) is not None
    if (
        not certain
        or not words <= _NUMBER_WORDS
        or not _PUNCTUATION.fullmatch(_WORD.sub("", around))
    ):
        return None
    return _DIGITS.findall(text)


def _agreed_total(totals: Sequence[str], current: str) -> str | None:
    """Return the total number of tracks in the tags, "" if there is none.

    Return None if the text of the track number and the field of the total disagree.
    """
    all_totals = [*totals, current] if compare_text.has_text(current) else [*totals]
    if not totals:
        return ""
    is_same = len({track_numbers.parse_digits(total) for total in all_totals}) == 1
    return all_totals[-1] if is_same and track_numbers.is_digits(all_totals[-1]) else None


def _pad_like_others(album: Album, affected: Sequence[Track]) -> Iterator[Repair]:
    """Yield repairs that pad numbers below 10 like most others of their disc and format."""
    places = {track.place for track in affected}
    for disc in album_grouping.group_by_disc(album):
        for tracks in _group_by_format(disc.tracks):
            for track in tracks:
                text = format_number_like_tracks(int(track.tags.track[-1]), tracks)
                if track.place in places and text != track.tags.track:
                    yield from repair.set_field(track, "track", (text,), _KIND, _PADDING_REASON)


def _group_by_format(tracks: Iterable[Track]) -> Iterable[list[Track]]:
    """Group the tracks whose number has one significant digit by format."""
    by_format: dict[str, list[Track]] = {}
    for track in tracks:
        kind = track.facts.format if track.facts else ""
        if _is_single_digit(track.tags.track) and _UNPADDED_TYPES.isdisjoint(
            (track.container, kind)
        ):
            by_format.setdefault(kind, []).append(track)
    return by_format.values()


def _is_single_digit(text: str) -> bool:
    return track_numbers.is_digits(text) and len(text.lstrip("0")) == 1
