"""Convert transcripts to SRT for YouTube: SRT is checked, WebVTT converted.

A text without times is refused. Spread over the length by sentences, it would be minutes off after
the first pause or piece of music, and such captions take the place of those that YouTube makes by
speech recognition, whose times are right. YouTube Studio times a text by listening ("Upload file",
"Without timing"); its API does not.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from mediakeep.errors import CaptionsRefused
from mediakeep.media import open_file
from mediakeep.untrusted_files import read_bytes

_MAX_SIZE = 16 << 20  # bytes; a transcript of ten hours has less than 1 MB
_MAX_LATE = 1.0  # seconds by which captions may begin after the end of the audio
_TIME = r"(?:(\d+):)?(\d\d):(\d\d)[.,](\d{3})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_NOT_SRT_TAG = re.compile(r"<(?!/?[biu]>)[^<>]*>|\{\\[^{}]*\}")  # such as <v Speaker>, {\an8}
_NOT_WESTERN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_MAX_FOREIGN = 0.25  # of the letters; of Western languages, Vietnamese apart, few have accents
_ENCODING_HINT = "Save it as UTF-8."
_TIMES_HINT = "Correct it, or export the captions again as SRT."
_UNTIMED_HINT = (
    'Upload it in YouTube Studio (Subtitles, "Upload file", "Without timing"), or save it as SRT'
    " with times."
)


class Caption(msgspec.Struct, frozen=True):
    """A text that is shown from `start` to `end`, in milliseconds."""

    start: int
    end: int
    text: str


def convert_to_srt(path: Path, seconds: float) -> str:
    """Return the captions in an SRT or WebVTT file as SRT, for audio of a length in seconds.

    They are numbered again, and sorted by their times. Italics, bold and underlines are kept;
    other markup, positions and comments are left out. Raises Unreadable, or CaptionsRefused if the
    text encoding is unknown, there are no times, one is malformed, or it is later than the audio.
    """
    captions = sorted(parse_captions(path, _read_text(path)), key=lambda caption: caption.start)
    if not captions:
        raise CaptionsRefused(path, "it has no times", _UNTIMED_HINT)
    if captions[-1].start > (seconds + _MAX_LATE) * 1000:
        time = format_time(captions[-1].start)
        late = f"its last caption begins at {time}, after the end at {format_time(seconds * 1000)}"
        raise CaptionsRefused(path, late, "Use the captions of this recording.")
    return format_srt(captions)


def format_srt(captions: Iterable[Caption]) -> str:
    """Return captions as SRT, numbered in their order."""
    return "\n".join(
        f"{number}\n{format_time(one.start)} --> {format_time(one.end)}\n{one.text}\n"
        for number, one in enumerate(captions, 1)
    )


def format_vtt(captions: Iterable[Caption]) -> str:
    """Return captions as WebVTT."""
    blocks = ["WEBVTT\n"]
    for one in captions:
        times = f"{format_time(one.start)} --> {format_time(one.end)}".replace(",", ".")
        blocks.append(f"{times}\n{html.escape(one.text, quote=False)}\n")
    return "\n".join(blocks)


def parse_captions(path: Path, text: str) -> Iterator[Caption]:
    """Yield the captions with a text in SRT or WebVTT; `path` is for messages."""
    is_vtt, is_first = text.startswith("WEBVTT"), True
    for block in re.split(r"\n\s*\n", "\n".join(text.splitlines()).strip()):
        lines = [line.strip() for line in block.splitlines()]
        at = next((number for number, line in enumerate(lines) if "-->" in line), None)
        if at is None and (is_vtt or is_first):
            continue  # a comment or a style, or what is before the captions
        is_first, times, shown = False, lines[at or 0], "\n".join(lines[(at or 0) + 1 :])
        match = _TIMES.fullmatch(times)
        start, end = (_to_milliseconds(match, group) for group in (1, 5)) if match else (0, 0)
        if start >= end or "-->" in shown:
            raise CaptionsRefused(path, f"{times[:80]!r} are no valid times", _TIMES_HINT)
        plain = _NOT_SRT_TAG.sub("", shown)
        if content := (html.unescape(plain) if is_vtt else plain).strip():
            yield Caption(start, end, content)


def _to_milliseconds(match: re.Match[str], group: int) -> int:
    hours, minutes, seconds, rest = (int(match[group + index] or 0) for index in range(4))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def format_time(milliseconds: float) -> str:
    """Return a time as SRT has it; WebVTT has a full stop instead of the comma."""
    seconds, rest = divmod(round(milliseconds), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{rest:03}"


def _read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, UTF-16 with a byte order mark, or Windows-1252."""
    with open_file.translate_errors(path):
        data = read_bytes(path, _MAX_SIZE)
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for codec in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = data.decode(codec)
        except UnicodeError:
            continue
        letters = [one for one in text if one.isalpha()]
        foreign = sum(one > "\x7f" for one in letters) / max(1, len(letters))
        is_unicode = codec.startswith("utf")
        if "\0" not in text and (
            is_unicode or (foreign < _MAX_FOREIGN and not _NOT_WESTERN.search(text))
        ):
            return text
    cause = "its text is neither UTF-8, UTF-16 with a byte order mark, nor Windows-1252"
    raise CaptionsRefused(path, cause, _ENCODING_HINT)
