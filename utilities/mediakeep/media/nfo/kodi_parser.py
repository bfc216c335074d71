"""Parse the XML elements of an NFO by the rules of Kodi (its CVideoInfoTag)."""

from __future__ import annotations

import re

from mediakeep.media.nfo import ids
from mediakeep.media.nfo.model import NfoActor, NfoMovie, NfoRating, NfoSet, NfoStreams, NfoThumb
from mediakeep.media.nfo.xml_tree import Element
from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoStream

VALUE_SEPARATOR = " / "  # between several values in one element

_INTEGER = re.compile(r"\s*(-?[0-9]{1,9})")
_DECIMAL = re.compile(r"\s*([0-9]{1,9}(?:[.,][0-9]{1,9})?)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAX_VOTE_DIGITS = 12  # digits


def parse_movie(movie: Element) -> NfoMovie:
    """Parse the root element of an NFO, `<movie>`, with all its fields."""
    premiered = movie.child_text("premiered")[:10]
    return NfoMovie(
        title=movie.child_text("title"),
        original_title=movie.child_text("originaltitle"),
        sort_title=movie.child_text("sorttitle"),
        ratings=_parse_ratings(movie),
        plot=movie.child_text("plot"),
        tagline=movie.child_text("tagline"),
        runtime=max(0, parse_integer(movie.child_text("runtime"))),
        thumbs=_parse_thumbs(movie),
        fanart=tuple(
            thumb for fanart in movie.find_children("fanart") for thumb in _parse_fanart(fanart)
        ),
        mpaa=movie.child_text("mpaa"),
        ids=ids.parse_ids(movie),
        genres=_parse_list(movie, "genre"),
        countries=_parse_list(movie, "country"),
        collection=_parse_set(movie),
        tags=_parse_list(movie, "tag"),
        credits=_parse_list(movie, "credits"),
        directors=_parse_list(movie, "director"),
        premiered=premiered if _DATE.fullmatch(premiered) else "",
        year=max(0, parse_integer(premiered) or parse_integer(movie.child_text("year"))),
        studios=_parse_list(movie, "studio"),
        trailer=movie.child_text("trailer"),
        streams=_parse_streams(movie),
        actors=_parse_actors(movie),
    )


def parse_integer(text: str) -> int:
    """Return the integer at the start of a text, such as 120 in "120 min", or 0 if none."""
    match = _INTEGER.match(text)
    return int(match[1]) if match else 0


def parse_decimal(text: str) -> float:
    """Return the number at the start of a text, with decimal point or comma, or 0 if none."""
    match = _DECIMAL.match(text)
    return float(match[1].replace(",", ".")) if match else 0.0


def split_values(text: str) -> list[str]:
    """Split the text of one NFO element into the several values that it contains."""
    return [part.strip() for part in text.split(VALUE_SEPARATOR) if part.strip()]


def discards_previous_elements(element: Element) -> bool:
    """Return True if an NFO element discards the preceding elements with the same name."""
    return element.attributes.get("clear", "").strip().lower() == "true"


def _parse_list(movie: Element, name: str) -> tuple[str, ...]:
    values: list[str] = []
    for element in movie.find_children(name):
        if discards_previous_elements(element):
            values.clear()
        values += split_values(element.text)
    return tuple(dict.fromkeys(values))


def _parse_ratings(movie: Element) -> tuple[NfoRating, ...]:
    elements = [
        element
        for ratings in movie.find_children("ratings")
        for element in ratings.find_children("rating")
    ]
    elements.sort(key=lambda element: not ids.is_default(element))
    parsed = [_parse_rating(element) for element in elements]
    if not parsed:  # the format of Kodi 16 and older
        parsed = [_build_rating("", movie.child_text("rating"), movie.child_text("votes"), 10.0)]
    return tuple(rating for rating in parsed if rating.value)


def _parse_rating(element: Element) -> NfoRating:
    max_value = parse_decimal(element.attributes.get("max", "")) or 10.0
    value = element.child_text("value") or element.text
    return _build_rating(
        element.attributes.get("name", ""), value, element.child_text("votes"), max_value
    )


def _build_rating(name: str, value: str, votes: str, max_value: float) -> NfoRating:
    digits = "".join(char for char in votes if char in "0123456789")[:_MAX_VOTE_DIGITS]
    return NfoRating(
        name.strip(), round(min(10.0, parse_decimal(value) / max_value * 10), 4), int(digits or 0)
    )


def _parse_thumbs(movie: Element) -> tuple[NfoThumb, ...]:
    return tuple(
        NfoThumb(url, thumb.attributes.get("aspect", ""), thumb.attributes.get("preview", ""))
        for thumb in movie.find_children("thumb")
        if (url := thumb.text.strip())
    )


def _parse_fanart(fanart: Element) -> list[NfoThumb]:
    base_url = fanart.attributes.get("url", "")
    return [
        NfoThumb(base_url + url, preview=base_url + preview if preview else "")
        for thumb in fanart.find_children("thumb")
        if (url := thumb.text.strip())
        for preview in (thumb.attributes.get("preview", ""),)
    ]


def _parse_set(movie: Element) -> NfoSet | None:
    for element in movie.find_children("set"):
        name = element.child_text("name") or element.text.strip()
        if name:
            number = max(0, parse_integer(element.attributes.get("tmdbcolid", "")))
            return NfoSet(name, element.child_text("overview"), number)
    return None


def _parse_actors(movie: Element) -> tuple[NfoActor, ...]:
    actors: list[NfoActor] = []
    for element in movie.find_children("actor"):
        if discards_previous_elements(element):
            actors.clear()
        if name := element.child_text("name"):
            order = element.child_text("order") or element.child_text("sortorder")
            actors.append(
                NfoActor(
                    name,
                    element.child_text("role"),
                    parse_integer(order),
                    element.child_text("thumb"),
                )
            )
    return tuple(actors)


def _parse_streams(movie: Element) -> NfoStreams:
    elements = [
        stream
        for info in movie.find_children("fileinfo")
        for streams in info.find_children("streamdetails")
        for stream in streams.children
    ]
    elements_by_name = {
        name: [element for element in elements if element.name == name] for name in _STREAM_TYPES
    }
    return NfoStreams(
        tuple(_parse_video_stream(element) for element in elements_by_name["video"]),
        tuple(_parse_audio_stream(element) for element in elements_by_name["audio"]),
        tuple(
            SubtitleStream(element.child_text("language").lower())
            for element in elements_by_name["subtitle"]
        ),
    )


_STREAM_TYPES = ("video", "audio", "subtitle")


def _parse_video_stream(element: Element) -> VideoStream:
    minutes = parse_decimal(element.child_text("duration"))
    return VideoStream(
        codec=element.child_text("codec").lower(),
        width=max(0, parse_integer(element.child_text("width"))),
        height=max(0, parse_integer(element.child_text("height"))),
        aspect=parse_decimal(element.child_text("aspect")),
        duration=parse_decimal(element.child_text("durationinseconds")) or minutes * 60,
        hdr=element.child_text("hdrtype").lower(),
        stereo=element.child_text("stereomode").lower(),
    )


def _parse_audio_stream(element: Element) -> AudioStream:
    return AudioStream(
        codec=element.child_text("codec").lower(),
        language=element.child_text("language").lower(),
        channels=max(0, parse_integer(element.child_text("channels"))),
    )
