"""Checks of audio files: whether they are readable, complete, playable and portably named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from mediakeep import path_text
from mediakeep.media.audio import formats
from mediakeep.media.audio.tags import AudioProperties
from mediakeep.music.model import Artist, Track, TrackFault
from mediakeep.music.text import compare_text

_MAX_NAMES = 20  # names listed in a detail
_MIN_SECONDS = 10  # seconds; the average of shorter audio means nothing
_HE_AAC = ("mp4a.40.5", "mp4a.40.29")
_MAX_HE_AAC_RATE = 24_000  # Hz; AAC at such a rate is the core of an HE-AAC without signalling

# kbit/s for stereo; below it, most people hear the compression.
_MIN_BITRATES = {
    "MP3": 128,
    "WMA": 96,
    "AAC": 96,
    "MP4": 96,
    "Ogg Vorbis": 80,
    "Opus": 64,
    "Musepack": 96,
}
_MIN_HE_AAC_BITRATE = 48

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_FORBIDDEN_CHARS = r'[<>:"|?*\\\x00-\x1f\x7f-\x9f]'
_DEVICE_NAME = "(?:con|prn|aux|nul|(?:com|lpt)[1-9]) *"
_NAME_PROBLEMS = (
    (re.compile(f"({_FORBIDDEN_CHARS})"), 'contains "{}"'),
    (re.compile("[\udc80-\udcff]"), "is not valid UTF-8"),
    (re.compile(r"\.$"), "ends in a dot"),
    (re.compile(" $"), "ends in a space"),
    (re.compile(rf"{_DEVICE_NAME}(?:\.|$)", re.IGNORECASE), "is a device name on Windows"),
)
# Matches escaped places, in which a backslash precedes invalid bytes.
_SUSPECT_PLACE = re.compile(
    rf"{_FORBIDDEN_CHARS}|[ .](?:/|$)|(?:^|/){_DEVICE_NAME}(?:[./]|$)", re.IGNORECASE
)


def unreadable_file(track: Track) -> str | None:
    """Check whether the file cannot be read; return the reason, or None if it can."""
    return track.reason if track.fault is TrackFault.UNREADABLE else None


def empty_file(track: Track) -> str | None:
    """Check whether the file contains no bytes; return a detail, or None if it has content."""
    return "" if track.fault is TrackFault.EMPTY else None


def not_audio(track: Track) -> str | None:
    """Check whether the file contains no audio; return a detail, or None if it does."""
    return track.reason if track.fault is TrackFault.NOT_AUDIO else None


def essence_changed(track: Track) -> str | None:
    """Return how the audio differs from the last deep scan, or None if it does not."""
    return track.change or None


def decode_error(track: Track) -> str | None:
    """Return the errors of a deep scan that could not decode all of the audio, or None."""
    return track.damage or None


def truncated_audio(track: Track) -> str | None:
    """Check whether the file itself proves that its end is missing; return a detail or None."""
    if track.fault is TrackFault.TRUNCATED:
        return track.reason
    cut = track.facts.truncated if track.facts else ""
    return cut if cut and not _is_audio_complete(track) else None


def incomplete_end(track: Track) -> str | None:
    """Check for an invalid end of the file, without proof that audio is missing.

    Return a detail, or None if the end is valid.
    """
    cut = track.facts.truncated if track.facts else ""
    return cut if _is_audio_complete(track) else None


def _is_audio_complete(track: Track) -> bool:
    return bool(track.facts and track.facts.audio_complete is True)


def drm_protected(track: Track) -> str | None:
    """Return the name of the copy protection that encrypts the audio, or None if there is none."""
    return (track.facts.protected or None) if track.facts else None


def wrong_extension(track: Track) -> str | None:
    """Check whether the file's content has another format than its extension says."""
    if track.facts is None:
        return None
    suffix = _file_suffix(track.name)
    return (
        None
        if formats.is_usual_suffix(track.facts.format, suffix)
        else f"the format is {track.facts.format}"
    )


def low_bitrate(track: Track) -> str | None:
    """Return the bit rate of lossy audio if it is audibly low, else None."""
    facts = track.facts
    if facts is None or facts.lossless or facts.duration < _MIN_SECONDS or facts.truncated:
        return None
    bitrate = facts.payload * 8 / facts.duration if facts.payload else facts.bitrate
    average = round(bitrate / 1000)  # rounded: not every encoder pads frames to exactly 128
    least = _min_bitrate(facts) / (2 if facts.channels == 1 else 1)
    return f"{average} kbit/s" if bitrate > 0 and average < least else None


def unread_audio(artist: Artist) -> str | None:
    """Return the names of audio files in formats that cannot be read, or None if there are none."""
    if not artist.unread_files:
        return None
    formats_found = Counter(
        formats.UNSUPPORTED_SUFFIXES.get(_file_suffix(place), "MP4")
        for place in artist.unread_files
    )
    counts = ", ".join(f"{count:,} {name}" for name, count in formats_found.most_common())
    names = ", ".join(map(compare_text.quote, artist.unread_files[:_MAX_NAMES]))
    remaining = (
        f" and {len(artist.unread_files) - _MAX_NAMES:,} more"
        if artist.unread_files[_MAX_NAMES:]
        else ""
    )
    return f"{counts}: {names}{remaining}"


def name_not_portable(artist: Artist) -> dict[str, str]:
    """Find file and folder names that other systems reject, or mix up with another name.

    Return a detail for each affected place.
    """
    similar_names = _find_case_twins(artist)
    return {
        track.place: "; ".join(problems)
        for track in artist.tracks
        if not track.fault and (similar_names or _SUSPECT_PLACE.search(track.place))
        if (problems := list(_find_name_problems(track.place, similar_names)))
    }


def _file_suffix(name: str) -> str:
    return f".{name.rpartition('.')[2]}".lower()


def _min_bitrate(facts: AudioProperties) -> int:
    if facts.format in ("MP4", "AAC"):
        if facts.codec and not facts.codec.startswith("mp4a.40"):
            return 0
        if facts.codec in _HE_AAC or 0 < facts.sample_rate <= _MAX_HE_AAC_RATE:
            return _MIN_HE_AAC_BITRATE
    return _MIN_BITRATES.get(facts.format, 0)


def _find_name_problems(place: str, similar_names: Mapping[str, str]) -> Iterator[str]:
    above, *names = "", *place.split("/")
    for depth, name in enumerate(names, 1 - len(names)):
        path = f"{above}/{name}" if above else name
        subject = f"the folder {compare_text.quote(name)}" if depth else "the name"
        name_on_disk = path_text.unescape_path(name)
        for pattern, text in _NAME_PROBLEMS:
            if match := pattern.search(name_on_disk):
                yield f"{subject} {text.format(*map(path_text.to_printable, match.groups()))}"
        if path in similar_names:
            twin = compare_text.quote(similar_names[path].rpartition("/")[2])
            yield f"{subject} differs from {twin} only in case or the encoding of accents"
        above = path


def _find_case_twins(artist: Artist) -> dict[str, str]:
    """Find names that differ from another in the same folder only in case or accent encoding.

    Return the other name for each place.
    """
    seen: dict[tuple[str, str], str] = {}
    similar_names = {}
    for place in _all_paths(artist):
        above, _, name = place.rpartition("/")
        first = seen.setdefault((above, path_text.normalize_name(name)), place)
        if first != place:
            similar_names[first], similar_names[place] = place, first
    return similar_names


def _all_paths(artist: Artist) -> Iterator[str]:
    """Yield the place of every track and of every folder above a track, each once."""
    seen = {""}
    for track in artist.tracks:
        place = track.place
        while place not in seen:
            seen.add(place)
            yield place
            place = place.rpartition("/")[0]
