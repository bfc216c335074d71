"""Compare two versions of an NFO's content, as short texts for users."""

from __future__ import annotations

from collections.abc import Iterable

from mediakeep.media.nfo.model import NfoActor, NfoMovie, NfoRating, NfoSet, NfoStreams, NfoThumb

_MAX_TEXT_LENGTH = 80  # characters of a text
_MAX_VALUES_SHOWN = 5  # values of a list


def compare_details(old: NfoMovie | None, new: NfoMovie) -> dict[str, tuple[str, str]]:
    """Return the old and the new value of each changed NFO field, as short texts.

    A text is "" if the field is empty.
    """
    previous = old or NfoMovie()
    return {
        name.replace("_", " "): (
            _truncate_text(getattr(previous, name)),
            _truncate_text(getattr(new, name)),
        )
        for name in NfoMovie.__struct_fields__
        if getattr(previous, name) != getattr(new, name)
    }


def _truncate_text(value: object) -> str:
    text = _format_value(value)
    return text if len(text) <= _MAX_TEXT_LENGTH else f"{text[: _MAX_TEXT_LENGTH - 3].rstrip()}..."


def _format_value(value: object) -> str:
    match value:
        case NfoRating():
            votes = f" ({value.votes} votes)" if value.votes else ""
            return f"{value.name or 'rating'} {value.value:g}{votes}"
        case NfoActor():
            return f"{value.name} ({value.role})" if value.role else value.name
        case NfoThumb():
            return value.url
        case NfoSet():
            return value.name
        case NfoStreams():
            return _format_streams(value)
        case dict():
            return _format_list(f"{name} {text}" for name, text in value.items())
        case tuple():
            return _format_list(map(_format_value, value))
    return " ".join(str(value).split()) if value else ""


def _format_list(texts: Iterable[str]) -> str:
    items = list(texts)
    hidden = len(items) - _MAX_VALUES_SHOWN
    return ", ".join(items[:_MAX_VALUES_SHOWN]) + (f" and {hidden} more" if hidden > 0 else "")


def _format_streams(streams: NfoStreams) -> str:
    video = (
        " ".join(
            filter(
                None,
                (stream.codec, f"{stream.width}x{stream.height}" * bool(stream.width), stream.hdr),
            )
        )
        for stream in streams.video
    )
    audio = (f"{stream.codec} {stream.language}".strip() for stream in streams.audio)
    subtitles = (f"subtitles {stream.language}".strip() for stream in streams.subtitles)
    return _format_list((*video, *audio, *subtitles))
