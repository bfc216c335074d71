"""Checks of the file itself: whether it is readable, complete, playable and portably named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from mediakeep import files
from mediakeep.media import evidence, formats
from mediakeep.media.tags import Facts
from mediakeep.music.checks import letters
from mediakeep.music.model import Artist, Fault, Track

_NAMED = 20  # names listed in a detail
_SHORT = 10  # seconds; the average of shorter audio means nothing
_HE_AAC = ("mp4a.40.5", "mp4a.40.29")
_HE_RATE = 24_000  # Hz; AAC at such a rate is the core of an HE-AAC without signalling

# kbit/s for stereo; below it, most people hear the compression.
_LEAST = {
    "MP3": 128,
    "WMA": 96,
    "AAC": 96,
    "MP4": 96,
    "Ogg Vorbis": 80,
    "Opus": 64,
    "Musepack": 96,
}
_LEAST_HE_AAC = 48

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_FORBIDDEN = r'[<>:"|?*\\\x00-\x1f\x7f-\x9f]'
_DEVICE = "(?:con|prn|aux|nul|(?:com|lpt)[1-9]) *"
_NAME_FAULTS = (
    (re.compile(f"({_FORBIDDEN})"), 'contains "{}"'),
    (re.compile("[\udc80-\udcff]"), "is not valid UTF-8"),
    (re.compile(r"\.$"), "ends in a dot"),
    (re.compile(" $"), "ends in a space"),
    (re.compile(rf"{_DEVICE}(?:\.|$)", re.IGNORECASE), "is a device name on Windows"),
)
# Matches escaped places, in which a backslash precedes invalid bytes.
_SUSPECT = re.compile(rf"{_FORBIDDEN}|[ .](?:/|$)|(?:^|/){_DEVICE}(?:[./]|$)", re.IGNORECASE)


def unreadable_file(track: Track) -> str | None:
    """The file cannot be read."""
    return track.reason if track.fault is Fault.UNREADABLE else None


def empty_file(track: Track) -> str | None:
    """The file has no bytes."""
    return "" if track.fault is Fault.EMPTY else None


def not_audio(track: Track) -> str | None:
    """The file has content, but no audio was found in it."""
    return track.reason if track.fault is Fault.NOT_AUDIO else None


def essence_changed(track: Track) -> str | None:
    """A deep scan found other audio than the one before."""
    return track.change or None


def decode_error(track: Track) -> str | None:
    """A deep scan could not decode all of the audio."""
    return track.damage or None


def truncated_audio(track: Track) -> str | None:
    """The file itself proves that its end is missing."""
    if track.fault is Fault.TRUNCATED:
        return track.reason
    cut = track.facts.truncated if track.facts else ""
    return cut if cut and cut not in evidence.SLIGHT else None


def incomplete_end(track: Track) -> str | None:
    """The end of the file is invalid, but no audio is known to be missing."""
    cut = track.facts.truncated if track.facts else ""
    return cut if cut in evidence.SLIGHT else None


def drm_protected(track: Track) -> str | None:
    """The audio is encrypted; the detail names the scheme."""
    return (track.facts.protected or None) if track.facts else None


def wrong_extension(track: Track) -> str | None:
    """The content has a format that the extension does not stand for."""
    if track.facts is None:
        return None
    suffix = _suffix(track.name)
    return (
        None if formats.fits(track.facts.format, suffix) else f"the format is {track.facts.format}"
    )


def low_bitrate(track: Track) -> str | None:
    """Lossy audio with an audibly low bit rate; the detail is the bit rate."""
    facts = track.facts
    if facts is None or facts.lossless or facts.duration < _SHORT or facts.truncated:
        return None
    bitrate = facts.payload * 8 / facts.duration if facts.payload else facts.bitrate
    average = round(bitrate / 1000)  # rounded: not every encoder pads frames to exactly 128
    least = _least(facts) / (2 if facts.channels == 1 else 1)
    return f"{average} kbit/s" if bitrate > 0 and average < least else None


def unread_audio(artist: Artist) -> str | None:
    """Audio files in unsupported formats; the detail names them."""
    if not artist.unread:
        return None
    formats_found = Counter(formats.UNREAD.get(_suffix(place), "MP4") for place in artist.unread)
    counts = ", ".join(f"{count:,} {name}" for name, count in formats_found.most_common())
    names = ", ".join(map(letters.quoted, artist.unread[:_NAMED]))
    more = f" and {len(artist.unread) - _NAMED:,} more" if artist.unread[_NAMED:] else ""
    return f"{counts}: {names}{more}"


def name_not_portable(artist: Artist) -> dict[str, str]:
    """A file or folder name that other systems reject or mix up with another."""
    twins = _twins(artist)
    return {
        track.place: "; ".join(problems)
        for track in artist.tracks
        if not track.fault and (twins or _SUSPECT.search(track.place))
        if (problems := list(_name_faults(track.place, twins)))
    }


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2]}".lower()


def _least(facts: Facts) -> int:
    if facts.format in ("MP4", "AAC"):
        if facts.codec and not facts.codec.startswith("mp4a.40"):
            return 0
        if facts.codec in _HE_AAC or 0 < facts.sample_rate <= _HE_RATE:
            return _LEAST_HE_AAC
    return _LEAST.get(facts.format, 0)


def _name_faults(place: str, twins: Mapping[str, str]) -> Iterator[str]:
    above, *names = "", *place.split("/")
    for depth, name in enumerate(names, 1 - len(names)):
        path = f"{above}/{name}" if above else name
        subject = f"the folder {letters.quoted(name)}" if depth else "the name"
        name_on_disk = files.unescape(name)
        for pattern, text in _NAME_FAULTS:
            if match := pattern.search(name_on_disk):
                yield f"{subject} {text.format(*map(files.printable, match.groups()))}"
        if path in twins:
            twin = letters.quoted(twins[path].rpartition("/")[2])
            yield f"{subject} differs from {twin} only in case or the encoding of accents"
        above = path


def _twins(artist: Artist) -> dict[str, str]:
    """Find names that differ from another in the same folder only in case or accent encoding."""
    seen: dict[tuple[str, str], str] = {}
    twins = {}
    for place in _places(artist):
        above, _, name = place.rpartition("/")
        first = seen.setdefault((above, files.fold(name)), place)
        if first != place:
            twins[first], twins[place] = place, first
    return twins


def _places(artist: Artist) -> Iterator[str]:
    """Yield every track, and every folder above one, once."""
    seen = {""}
    for track in artist.tracks:
        place = track.place
        while place not in seen:
            seen.add(place)
            yield place
            place = place.rpartition("/")[0]
