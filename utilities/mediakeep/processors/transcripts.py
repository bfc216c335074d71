"""Write timed words as a transcript: text, SRT, WebVTT, JSON, or chapters of its headings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mediakeep.errors import ItemFailed
from mediakeep.media.encoding.captions import format_srt, format_time, format_vtt
from mediakeep.media.speech.words import Word, group_captions
from mediakeep.processors.audio_output import OutputFiles

Formats = Annotated[
    tuple[Literal["txt", "srt", "vtt", "json"], ...],
    Meta(min_length=1, description="Files to write."),
]


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
