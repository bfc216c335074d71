"""Parse the elements of an NFO by the rules of Kodi (its CVideoInfoTag)."""

from __future__ import annotations

import re

from mediakeep.media.nfo import ids
from mediakeep.media.nfo.details import Actor, Details, Rating, Set, Streams, Thumb
from mediakeep.media.nfo.tree import Element
from mediakeep.media.video.facts import AudioStream, SubtitleStream, VideoStream

BETWEEN = " / "  # between several values in one element

_WHOLE = re.compile(r"\s*(-?[0-9]{1,9})")
_REAL = re.compile(r"\s*([0-9]{1,9}(?:[.,][0-9]{1,9})?)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_VOTES = 12  # digits


def details(movie: Element) -> Details:
    """Parse the root element of an NFO."""
    premiered = movie.said("premiered")[:10]
    return Details(
        title=movie.said("title"),
        original_title=movie.said("originaltitle"),
        sort_title=movie.said("sorttitle"),
        ratings=_ratings(movie),
        plot=movie.said("plot"),
        tagline=movie.said("tagline"),
        runtime=max(0, whole(movie.said("runtime"))),
        thumbs=_thumbs(movie),
        fanart=tuple(thumb for fanart in movie.named("fanart") for thumb in _fanart(fanart)),
        mpaa=movie.said("mpaa"),
        ids=ids.told(movie),
        genres=_listed(movie, "genre"),
        countries=_listed(movie, "country"),
        collection=_collection(movie),
        tags=_listed(movie, "tag"),
        credits=_listed(movie, "credits"),
        directors=_listed(movie, "director"),
        premiered=premiered if _DATE.fullmatch(premiered) else "",
        year=max(0, whole(premiered) or whole(movie.said("year"))),
        studios=_listed(movie, "studio"),
        trailer=movie.said("trailer"),
        streams=_streams(movie),
        actors=_actors(movie),
    )


def whole(text: str) -> int:
    """Return the integer at the start of a text, such as 120 in "120 min", or 0."""
    match = _WHOLE.match(text)
    return int(match[1]) if match else 0


def real(text: str) -> float:
    """Return the number at the start of a text, with decimal point or comma, or 0."""
    match = _REAL.match(text)
    return float(match[1].replace(",", ".")) if match else 0.0


def split(text: str) -> list[str]:
    """Split several values in one element."""
    return [part.strip() for part in text.split(BETWEEN) if part.strip()]


def clears(element: Element) -> bool:
    """Return whether an element discards the preceding ones with its name."""
    return element.attributes.get("clear", "").strip().lower() == "true"


def _listed(movie: Element, name: str) -> tuple[str, ...]:
    values: list[str] = []
    for element in movie.named(name):
        if clears(element):
            values.clear()
        values += split(element.text)
    return tuple(dict.fromkeys(values))


def _ratings(movie: Element) -> tuple[Rating, ...]:
    elements = [
        element for ratings in movie.named("ratings") for element in ratings.named("rating")
    ]
    elements.sort(key=lambda element: not ids.is_default(element))
    parsed = [_rating(element) for element in elements]
    if not parsed:  # as before Kodi 17
        parsed = [_rated("", movie.said("rating"), movie.said("votes"), 10.0)]
    return tuple(rating for rating in parsed if rating.value)


def _rating(element: Element) -> Rating:
    most = real(element.attributes.get("max", "")) or 10.0
    value = element.said("value") or element.text
    return _rated(element.attributes.get("name", ""), value, element.said("votes"), most)


def _rated(name: str, value: str, votes: str, most: float) -> Rating:
    digits = "".join(char for char in votes if char in "0123456789")[:_MOST_VOTES]
    return Rating(name.strip(), round(min(10.0, real(value) / most * 10), 4), int(digits or 0))


def _thumbs(movie: Element) -> tuple[Thumb, ...]:
    return tuple(
        Thumb(url, thumb.attributes.get("aspect", ""), thumb.attributes.get("preview", ""))
        for thumb in movie.named("thumb")
        if (url := thumb.text.strip())
    )


def _fanart(fanart: Element) -> list[Thumb]:
    base_url = fanart.attributes.get("url", "")
    return [
        Thumb(base_url + url, preview=base_url + preview if preview else "")
        for thumb in fanart.named("thumb")
        if (url := thumb.text.strip())
        for preview in (thumb.attributes.get("preview", ""),)
    ]


def _collection(movie: Element) -> Set | None:
    for element in movie.named("set"):
        name = element.said("name") or element.text.strip()
        if name:
            number = max(0, whole(element.attributes.get("tmdbcolid", "")))
            return Set(name, element.said("overview"), number)
    return None


def _actors(movie: Element) -> tuple[Actor, ...]:
    actors: list[Actor] = []
    for element in movie.named("actor"):
        if clears(element):
            actors.clear()
        if name := element.said("name"):
            order = element.said("order") or element.said("sortorder")
            actors.append(Actor(name, element.said("role"), whole(order), element.said("thumb")))
    return tuple(actors)


def _streams(movie: Element) -> Streams:
    elements = [
        stream
        for info in movie.named("fileinfo")
        for streams in info.named("streamdetails")
        for stream in streams.children
    ]
    elements_by_name = {
        name: [element for element in elements if element.name == name] for name in _STREAMS
    }
    return Streams(
        tuple(_video(element) for element in elements_by_name["video"]),
        tuple(_audio(element) for element in elements_by_name["audio"]),
        tuple(
            SubtitleStream(element.said("language").lower())
            for element in elements_by_name["subtitle"]
        ),
    )


_STREAMS = ("video", "audio", "subtitle")


def _video(element: Element) -> VideoStream:
    minutes = real(element.said("duration"))
    return VideoStream(
        codec=element.said("codec").lower(),
        width=max(0, whole(element.said("width"))),
        height=max(0, whole(element.said("height"))),
        aspect=real(element.said("aspect")),
        duration=real(element.said("durationinseconds")) or minutes * 60,
        hdr=element.said("hdrtype").lower(),
        stereo=element.said("stereomode").lower(),
    )


def _audio(element: Element) -> AudioStream:
    return AudioStream(
        codec=element.said("codec").lower(),
        language=element.said("language").lower(),
        channels=max(0, whole(element.said("channels"))),
    )
