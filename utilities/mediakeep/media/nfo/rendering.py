"""An NFO as Kodi 21 writes it, with what Jellyfin adds: elements in their order, none empty."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from mediakeep.media.nfo.details import Actor, Details, Rating, Streams, Thumb
from mediakeep.media.nfo.tree import Element

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
INDENT = "    "

_ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def rendered(details: Details) -> bytes:
    """Write a new NFO."""
    movie = Element("movie", children=elements(details))
    return f"{HEAD}{shown(movie)}\n".encode()


def shown(element: Element, lead: str = "\n", unit: str = INDENT) -> str:
    """Write an element and all within; `lead` is the line break and indentation that it stands by.

    With an empty lead and unit it is all on one line.
    """
    given = "".join(f" {name}={quoteattr(value)}" for name, value in element.attributes.items())
    if not element.children:
        return f"<{element.name}{given}>{escape(element.text)}</{element.name}>"
    below = lead + unit
    inside = "".join(below + shown(child, below, unit) for child in element.children)
    return f"<{element.name}{given}>{inside}{lead}</{element.name}>"


def clean(text: str) -> str:
    """Return a text as it can stand in XML: without control characters and space around it."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ILLEGAL.sub("", plain).strip()


def elements(details: Details) -> list[Element]:
    """Return the elements of an NFO in Kodi's order; those that would be empty are left out."""
    return [
        *_texts("title", details.title),
        *_texts("originaltitle", details.original_title),
        *_texts("sorttitle", details.sort_title),
        *_filled("ratings", _ratings(details.ratings)),
        *_texts("plot", details.plot),
        *_texts("tagline", details.tagline),
        *_numbers("runtime", details.runtime),
        *(_thumb(one) for one in details.thumbs if clean(one.url)),
        *_filled("fanart", (_thumb(one) for one in details.fanart if clean(one.url))),
        *_texts("mpaa", details.mpaa),
        *_ids(details.ids),
        *_texts("genre", *details.genres),
        *_texts("country", *details.countries),
        *_set(details),
        *_texts("tag", *details.tags),
        *_texts("credits", *details.credits),
        *_texts("director", *details.directors),
        *_texts("premiered", details.premiered),
        *_numbers("year", details.year),
        *_texts("studio", *details.studios),
        *_texts("trailer", details.trailer),
        *_filled("fileinfo", _filled("streamdetails", _streams(details.streams))),
        *(_actor(one) for one in details.actors if clean(one.name)),
    ]


def _texts(name: str, *texts: str) -> Iterator[Element]:
    return (Element(name, text=text) for text in map(clean, texts) if text)


def _numbers(name: str, number: float) -> Iterator[Element]:
    """Write a number without the zeros after its point; 0 is not told."""
    text = str(number) if isinstance(number, int) else f"{number:.3f}".rstrip("0").rstrip(".")
    return _texts(name, "" if text == "0" else text)


def _filled(name: str, children: Iterable[Element]) -> Iterator[Element]:
    found = list(children)
    if found:
        yield Element(name, children=found)


def _ratings(ratings: Iterable[Rating]) -> Iterator[Element]:
    for place, one in enumerate(rating for rating in ratings if rating.value):
        given = {"default": "true"} if place == 0 else {}
        inside = [*_numbers("value", one.value), *_numbers("votes", one.votes)]
        yield Element("rating", {"name": clean(one.name), "max": "10", **given}, children=inside)


def _thumb(thumb: Thumb) -> Element:
    given = {"aspect": clean(thumb.aspect), "preview": clean(thumb.preview)}
    return Element("thumb", {name: text for name, text in given.items() if text}, clean(thumb.url))


def _ids(ids: dict[str, str]) -> Iterator[Element]:
    """Write Kodi's `<uniqueid>`, and `<tmdbid>` and `<imdbid>` for Jellyfin."""
    known = {clean(name): clean(value) for name, value in ids.items() if clean(value)}
    for place, (name, value) in enumerate(known.items()):
        given = {"default": "true"} if place == 0 else {}
        yield Element("uniqueid", {"type": name, **given}, value)
    for name in ("tmdb", "imdb"):
        yield from _texts(f"{name}id", known.get(name, ""))


def _set(details: Details) -> Iterator[Element]:
    found = details.collection
    if found is None or not clean(found.name):
        return
    given = {"tmdbcolid": str(found.tmdb_id)} if found.tmdb_id else {}
    inside = [*_texts("name", found.name), *_texts("overview", found.overview)]
    yield Element("set", given, children=inside)


def _streams(streams: Streams) -> Iterator[Element]:
    for video in streams.video:
        told = [
            *_texts("codec", video.codec),
            *_numbers("aspect", video.aspect),
            *_numbers("width", video.width),
            *_numbers("height", video.height),
            *_numbers("durationinseconds", round(video.duration)),
            *_texts("stereomode", video.stereo),
            *_texts("hdrtype", video.hdr),
        ]
        yield from _filled("video", told)
    for audio in streams.audio:
        channels = _numbers("channels", audio.channels)
        told = [*_texts("codec", audio.codec), *_texts("language", audio.language), *channels]
        yield from _filled("audio", told)
    for subtitle in streams.subtitles:
        yield from _filled("subtitle", _texts("language", subtitle.language))


def _actor(actor: Actor) -> Element:
    told = [*_texts("name", actor.name), *_texts("role", actor.role)]
    order = Element("order", text=str(actor.order))
    return Element("actor", children=[*told, order, *_texts("thumb", actor.thumb)])
