"""Compare two versions of the content of an NFO, as short texts for users."""

from __future__ import annotations

from collections.abc import Iterable

from mediakeep.media.nfo.details import Actor, Details, Rating, Set, Streams, Thumb

_LENGTH = 80  # characters of a text
_SHOWN = 5  # values of a list


def of(old: Details | None, new: Details) -> dict[str, tuple[str, str]]:
    """Return the old and the new value of each changed field as short texts, "" if empty."""
    previous = old or Details()
    return {
        name.replace("_", " "): (_short(getattr(previous, name)), _short(getattr(new, name)))
        for name in Details.__struct_fields__
        if getattr(previous, name) != getattr(new, name)
    }


def _short(value: object) -> str:
    text = _text(value)
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 3].rstrip()}..."


def _text(value: object) -> str:
    match value:
        case Rating():
            votes = f" ({value.votes} votes)" if value.votes else ""
            return f"{value.name or 'rating'} {value.value:g}{votes}"
        case Actor():
            return f"{value.name} ({value.role})" if value.role else value.name
        case Thumb():
            return value.url
        case Set():
            return value.name
        case Streams():
            return _streams(value)
        case dict():
            return _several(f"{name} {text}" for name, text in value.items())
        case tuple():
            return _several(map(_text, value))
    return " ".join(str(value).split()) if value else ""


def _several(texts: Iterable[str]) -> str:
    items = list(texts)
    hidden = len(items) - _SHOWN
    return ", ".join(items[:_SHOWN]) + (f" and {hidden} more" if hidden > 0 else "")


def _streams(streams: Streams) -> str:
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
    return _several((*video, *audio, *subtitles))
