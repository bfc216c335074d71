"""Write timed words as a transcript: text, SRT, WebVTT, JSON, or chapters of its headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mediakeep.errors import ItemFailed
from mediakeep.media.encoding.captions import Caption, format_srt, format_time, format_vtt
from mediakeep.processors.audio_output import OutputFiles

_MAX_TEXT = 84  # characters of a caption: two lines
_MAX_PAUSE = 1.0  # seconds within a caption
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*$")
_HEADING = re.compile(r"\s*(?:#+\s+(?P<marked>.+)|(?P<named>(?:chapter|part)\b.*))", re.IGNORECASE)

Formats = Annotated[
    tuple[Literal["txt", "srt", "vtt", "json"], ...],
    Meta(min_length=1, description="Files to write: txt, srt, vtt, json."),
]


class Word(msgspec.Struct, frozen=True):
    """A word with its punctuation, and its times in seconds."""

    text: str
    start: float
    end: float


def write_transcript(
    outputs: OutputFiles, name: str, words: Sequence[Word], formats: Iterable[str]
) -> None:
    """Write the files of a transcript; raise ItemFailed if it has no words."""
    if not words:
        raise ItemFailed(f"{name} has no speech.")
    captions = list(group_captions(words))
    contents = {
        "txt": "".join(f"{one.text}\n" for one in captions),
        "srt": format_srt(captions),
        "vtt": format_vtt(captions),
        "json": msgspec.json.format(msgspec.json.encode({"words": words})).decode() + "\n",
    }
    for suffix in dict.fromkeys(formats):
        outputs.write_data(name, f".{suffix}", contents[suffix].encode())


def write_chapters(outputs: OutputFiles, name: str, chapters: Iterable[tuple[float, str]]) -> None:
    """Write a list of chapters, as `build-audiobooks` and `splitter-timestamps` read it."""
    lines = [
        f"{format_time(start * 1000).replace(',', '.')} {title}\n" for start, title in chapters
    ]
    if lines:
        outputs.write_data(f"{name}.chapters", ".txt", "".join(lines).encode())


def parse_heading(line: str) -> str:
    """Return the title in a line such as "# Title" or "Chapter 1", or "" if it is no heading."""
    match = _HEADING.fullmatch(line)
    return (match["marked"] or match["named"]).strip() if match else ""


def group_captions(words: Iterable[Word]) -> Iterator[Caption]:
    """Yield captions of at most two lines; one ends with its sentence, or before a pause."""
    held: list[Word] = []
    for word in words:
        length = sum(len(one.text) + 1 for one in held) + len(word.text)
        if held and (
            _SENTENCE_END.search(held[-1].text)
            or length > _MAX_TEXT
            or word.start - held[-1].end > _MAX_PAUSE
        ):
            yield _join(held)
            held = []
        held.append(word)
    if held:
        yield _join(held)


def _join(words: Sequence[Word]) -> Caption:
    start = round(words[0].start * 1000)
    end = max(start + 1, round(words[-1].end * 1000))
    return Caption(start, end, " ".join(one.text for one in words))
