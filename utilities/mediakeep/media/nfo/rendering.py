"""Write an NFO as Kodi 21 does, with the additions of Jellyfin, without empty elements."""

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
    """Return the bytes of a new NFO."""
    movie = Element("movie", children=elements(details))
    return f"{HEAD}{shown(movie)}\n".encode()


def shown(element: Element, lead: str = "\n", unit: str = INDENT) -> str:
    """Return an element as XML; `lead` is the line break and indentation before it.

    With empty `lead` and `unit` it is on one line.
    """
    attributes = "".join(
        f" {name}={quoteattr(value)}" for name, value in element.attributes.items()
    )
    if not element.children:
        return f"<{element.name}{attributes}>{escape(element.text)}</{element.name}>"
    child_lead = lead + unit
    content = "".join(child_lead + shown(child, child_lead, unit) for child in element.children)
    return f"<{element.name}{attributes}>{content}{lead}</{element.name}>"


def clean(text: str) -> str:
    """Return a text without characters that XML forbids, stripped."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ILLEGAL.sub("", plain).strip()


def elements(details: Details) -> list[Element]:
    """Return the elements of an NFO in Kodi's order, without empty ones."""
    return [
        *_texts("title", details.title),
        *_texts("originaltitle", details.original_title),
        *_texts("sorttitle", details.sort_title),
        *_filled("ratings", _ratings(details.ratings)),
        *_texts("plot", details.plot),
        *_texts("tagline", details.tagline),
        *_numbers("runtime", details.runtime),
        *(_thumb(item) for item in details.thumbs if clean(item.url)),
        *_filled("fanart", (_thumb(item) for item in details.fanart if clean(item.url))),
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
        *(_actor(item) for item in details.actors if clean(item.name)),
    ]


def _texts(name: str, *texts: str) -> Iterator[Element]:
    return (Element(name, text=text) for text in map(clean, texts) if text)


def _numbers(name: str, number: float) -> Iterator[Element]:
    """Yield an element with a number without trailing zeros; none for 0."""
    text = str(number) if isinstance(number, int) else f"{number:.3f}".rstrip("0").rstrip(".")
    return _texts(name, "" if text == "0" else text)


def _filled(name: str, children: Iterable[Element]) -> Iterator[Element]:
    content = list(children)
    if content:
        yield Element(name, children=content)


def _ratings(ratings: Iterable[Rating]) -> Iterator[Element]:
    for index, rating_ in enumerate(rating for rating in ratings if rating.value):
        default = {"default": "true"} if index == 0 else {}
        inside = [*_numbers("value", rating_.value), *_numbers("votes", rating_.votes)]
        yield Element(
            "rating", {"name": clean(rating_.name), "max": "10", **default}, children=inside
        )


def _thumb(thumb: Thumb) -> Element:
    attributes = {"aspect": clean(thumb.aspect), "preview": clean(thumb.preview)}
    return Element(
        "thumb", {name: text for name, text in attributes.items() if text}, clean(thumb.url)
    )


def _ids(ids: dict[str, str]) -> Iterator[Element]:
    """Yield Kodi's `<uniqueid>`, then `<tmdbid>` and `<imdbid>` for Jellyfin."""
    ids_by_service = {clean(name): clean(value) for name, value in ids.items() if clean(value)}
    for index, (name, value) in enumerate(ids_by_service.items()):
        default = {"default": "true"} if index == 0 else {}
        yield Element("uniqueid", {"type": name, **default}, value)
    for name in ("tmdb", "imdb"):
        yield from _texts(f"{name}id", ids_by_service.get(name, ""))


def _set(details: Details) -> Iterator[Element]:
    collection = details.collection
    if collection is None or not clean(collection.name):
        return
    attributes = {"tmdbcolid": str(collection.tmdb_id)} if collection.tmdb_id else {}
    children = [*_texts("name", collection.name), *_texts("overview", collection.overview)]
    yield Element("set", attributes, children=children)


def _streams(streams: Streams) -> Iterator[Element]:
    for video in streams.video:
        children = [
            *_texts("codec", video.codec),
            *_numbers("aspect", video.aspect),
            *_numbers("width", video.width),
            *_numbers("height", video.height),
            *_numbers("durationinseconds", round(video.duration)),
            *_texts("stereomode", video.stereo),
            *_texts("hdrtype", video.hdr),
        ]
        yield from _filled("video", children)
    for audio in streams.audio:
        channels = _numbers("channels", audio.channels)
        children = [*_texts("codec", audio.codec), *_texts("language", audio.language), *channels]
        yield from _filled("audio", children)
    for subtitle in streams.subtitles:
        yield from _filled("subtitle", _texts("language", subtitle.language))


def _actor(actor: Actor) -> Element:
    children = [*_texts("name", actor.name), *_texts("role", actor.role)]
    order = Element("order", text=str(actor.order))
    return Element("actor", children=[*children, order, *_texts("thumb", actor.thumb)])
