"""Write an NFO as Kodi 21 does, with the additions of Jellyfin and without empty elements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from mediakeep.media.nfo.model import NfoActor, NfoMovie, NfoRating, NfoStreams, NfoThumb
from mediakeep.media.nfo.xml_tree import Element

XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
INDENT = "    "

_ILLEGAL_CHARACTERS = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_nfo(details: NfoMovie) -> bytes:
    """Return the bytes of a new NFO file with the given content."""
    movie = Element("movie", children=build_elements(details))
    return f"{XML_DECLARATION}{render_element(movie)}\n".encode()


def render_element(element: Element, lead: str = "\n", unit: str = INDENT) -> str:
    """Return an element as XML text.

    `lead` is the line break and the indentation before it, `unit` the indentation of one level. If
    both are empty, everything is on one line.
    """
    attributes = "".join(
        f" {name}={quoteattr(value)}" for name, value in element.attributes.items()
    )
    if not element.children:
        return f"<{element.name}{attributes}>{escape(element.text)}</{element.name}>"
    child_lead = lead + unit
    content = "".join(
        child_lead + render_element(child, child_lead, unit) for child in element.children
    )
    return f"<{element.name}{attributes}>{content}{lead}</{element.name}>"


def clean_text(text: str) -> str:
    """Return a text without surrounding spaces and without characters that XML forbids."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ILLEGAL_CHARACTERS.sub("", plain).strip()


def build_elements(details: NfoMovie) -> list[Element]:
    """Return the XML elements of an NFO in Kodi's order, without empty ones."""
    return [
        *_text_elements("title", details.title),
        *_text_elements("originaltitle", details.original_title),
        *_text_elements("sorttitle", details.sort_title),
        *_nonempty_element("ratings", _rating_elements(details.ratings)),
        *_text_elements("plot", details.plot),
        *_text_elements("tagline", details.tagline),
        *_number_elements("runtime", details.runtime),
        *(_thumb_element(item) for item in details.thumbs if clean_text(item.url)),
        *_nonempty_element(
            "fanart", (_thumb_element(item) for item in details.fanart if clean_text(item.url))
        ),
        *_text_elements("mpaa", details.mpaa),
        *_id_elements(details.ids),
        *_text_elements("genre", *details.genres),
        *_text_elements("country", *details.countries),
        *_set_elements(details),
        *_text_elements("tag", *details.tags),
        *_text_elements("credits", *details.credits),
        *_text_elements("director", *details.directors),
        *_text_elements("premiered", details.premiered),
        *_number_elements("year", details.year),
        *_text_elements("studio", *details.studios),
        *_text_elements("trailer", details.trailer),
        *_nonempty_element(
            "fileinfo", _nonempty_element("streamdetails", _stream_elements(details.streams))
        ),
        *(_actor_element(item) for item in details.actors if clean_text(item.name)),
    ]


def _text_elements(name: str, *texts: str) -> Iterator[Element]:
    return (Element(name, text=text) for text in map(clean_text, texts) if text)


def _number_elements(name: str, number: float) -> Iterator[Element]:
    """Yield an element with a number, without trailing zeros; yield nothing for 0."""
    text = str(number) if isinstance(number, int) else f"{number:.3f}".rstrip("0").rstrip(".")
    return _text_elements(name, "" if text == "0" else text)


def _nonempty_element(name: str, children: Iterable[Element]) -> Iterator[Element]:
    content = list(children)
    if content:
        yield Element(name, children=content)


def _rating_elements(ratings: Iterable[NfoRating]) -> Iterator[Element]:
    for index, rating_ in enumerate(rating for rating in ratings if rating.value):
        default = {"default": "true"} if index == 0 else {}
        inside = [
            *_number_elements("value", rating_.value),
            *_number_elements("votes", rating_.votes),
        ]
        yield Element(
            "rating", {"name": clean_text(rating_.name), "max": "10", **default}, children=inside
        )


def _thumb_element(thumb: NfoThumb) -> Element:
    attributes = {"aspect": clean_text(thumb.aspect), "preview": clean_text(thumb.preview)}
    return Element(
        "thumb", {name: text for name, text in attributes.items() if text}, clean_text(thumb.url)
    )


def _id_elements(ids: dict[str, str]) -> Iterator[Element]:
    """Yield the elements for movie IDs: Kodi's `<uniqueid>`, then Jellyfin's own elements."""
    ids_by_service = {
        clean_text(name): clean_text(value) for name, value in ids.items() if clean_text(value)
    }
    for index, (name, value) in enumerate(ids_by_service.items()):
        default = {"default": "true"} if index == 0 else {}
        yield Element("uniqueid", {"type": name, **default}, value)
    for name in ("tmdb", "imdb"):
        yield from _text_elements(f"{name}id", ids_by_service.get(name, ""))


def _set_elements(details: NfoMovie) -> Iterator[Element]:
    collection = details.collection
    if collection is None or not clean_text(collection.name):
        return
    attributes = {"tmdbcolid": str(collection.tmdb_id)} if collection.tmdb_id else {}
    children = [
        *_text_elements("name", collection.name),
        *_text_elements("overview", collection.overview),
    ]
    yield Element("set", attributes, children=children)


def _stream_elements(streams: NfoStreams) -> Iterator[Element]:
    for video in streams.video:
        children = [
            *_text_elements("codec", video.codec),
            *_number_elements("aspect", video.aspect),
            *_number_elements("width", video.width),
            *_number_elements("height", video.height),
            *_number_elements("durationinseconds", round(video.duration)),
            *_text_elements("stereomode", video.stereo),
            *_text_elements("hdrtype", video.hdr),
        ]
        yield from _nonempty_element("video", children)
    for audio in streams.audio:
        channels = _number_elements("channels", audio.channels)
        children = [
            *_text_elements("codec", audio.codec),
            *_text_elements("language", audio.language),
            *channels,
        ]
        yield from _nonempty_element("audio", children)
    for subtitle in streams.subtitles:
        yield from _nonempty_element("subtitle", _text_elements("language", subtitle.language))


def _actor_element(actor: NfoActor) -> Element:
    children = [*_text_elements("name", actor.name), *_text_elements("role", actor.role)]
    order = Element("order", text=str(actor.order))
    return Element("actor", children=[*children, order, *_text_elements("thumb", actor.thumb)])
