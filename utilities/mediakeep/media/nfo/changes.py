"""What differs between what an NFO said and what it says, for people to read."""

from __future__ import annotations

from collections.abc import Iterable

from mediakeep.media.nfo.details import Actor, Details, Rating, Set, Streams, Thumb

_LENGTH = 80  # of a text that is shown
_SHOWN = 5  # values of a list


def of(old: Details | None, new: Details) -> dict[str, tuple[str, str]]:
    """Return each field that differs, with short texts of what was and what is, "" for nothing."""
    before = old or Details()
    return {
        name.replace("_", " "): (_short(getattr(before, name)), _short(getattr(new, name)))
        for name in Details.__struct_fields__
        if getattr(before, name) != getattr(new, name)
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
    every = list(texts)
    more = len(every) - _SHOWN
    return ", ".join(every[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _streams(streams: Streams) -> str:
    video = (
        " ".join(filter(None, (one.codec, f"{one.width}x{one.height}" * bool(one.width), one.hdr)))
        for one in streams.video
    )
    audio = (f"{one.codec} {one.language}".strip() for one in streams.audio)
    subtitles = (f"subtitles {one.language}".strip() for one in streams.subtitles)
    return _several((*video, *audio, *subtitles))
