"""What the elements of an NFO mean, by the rules that Kodi reads them by (its CVideoInfoTag)."""

from __future__ import annotations

import re

from mediakeep.media.nfo import ids
from mediakeep.media.nfo.details import Actor, Details, Rating, Set, Streams, Thumb
from mediakeep.media.nfo.tree import Element
from mediakeep.media.video.facts import AudioStream, SubtitleStream, VideoStream

BETWEEN = " / "  # several values in one element

_WHOLE = re.compile(r"\s*(-?[0-9]{1,9})")
_REAL = re.compile(r"\s*([0-9]{1,9}(?:[.,][0-9]{1,9})?)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_VOTES = 12  # digits


def details(movie: Element) -> Details:
    """Read the root of an NFO."""
    released = movie.said("premiered")[:10]
    return Details(
        title=movie.said("title"),
        original_title=movie.said("originaltitle"),
        sort_title=movie.said("sorttitle"),
        ratings=_ratings(movie),
        plot=movie.said("plot"),
        tagline=movie.said("tagline"),
        runtime=max(0, whole(movie.said("runtime"))),
        thumbs=_thumbs(movie),
        fanart=tuple(one for fanart in movie.named("fanart") for one in _fanart(fanart)),
        mpaa=movie.said("mpaa"),
        ids=ids.told(movie),
        genres=_listed(movie, "genre"),
        countries=_listed(movie, "country"),
        collection=_collection(movie),
        tags=_listed(movie, "tag"),
        credits=_listed(movie, "credits"),
        directors=_listed(movie, "director"),
        premiered=released if _DATE.fullmatch(released) else "",
        year=max(0, whole(released) or whole(movie.said("year"))),
        studios=_listed(movie, "studio"),
        trailer=movie.said("trailer"),
        streams=_streams(movie),
        actors=_actors(movie),
    )


def whole(text: str) -> int:
    """Return the number that a text begins with, such as 120 of "120 min", else 0."""
    found = _WHOLE.match(text)
    return int(found[1]) if found else 0


def real(text: str) -> float:
    """Return the number that a text begins with, with a point or a comma, else 0."""
    found = _REAL.match(text)
    return float(found[1].replace(",", ".")) if found else 0.0


def split(text: str) -> list[str]:
    """Take several values in one element apart."""
    return [part.strip() for part in text.split(BETWEEN) if part.strip()]


def clears(element: Element) -> bool:
    """Tell whether an element takes back those of its name before it."""
    return element.attributes.get("clear", "").strip().lower() == "true"


def _listed(movie: Element, name: str) -> tuple[str, ...]:
    found: list[str] = []
    for one in movie.named(name):
        if clears(one):
            found.clear()
        found += split(one.text)
    return tuple(dict.fromkeys(found))


def _ratings(movie: Element) -> tuple[Rating, ...]:
    new = [one for ratings in movie.named("ratings") for one in ratings.named("rating")]
    new.sort(key=lambda one: not ids.is_default(one))
    found = [_rating(one) for one in new]
    if not found:  # as it was before Kodi 17
        found = [_rated("", movie.said("rating"), movie.said("votes"), 10.0)]
    return tuple(one for one in found if one.value)


def _rating(element: Element) -> Rating:
    most = real(element.attributes.get("max", "")) or 10.0
    value = element.said("value") or element.text
    return _rated(element.attributes.get("name", ""), value, element.said("votes"), most)


def _rated(name: str, value: str, votes: str, most: float) -> Rating:
    digits = "".join(char for char in votes if char in "0123456789")[:_MOST_VOTES]
    return Rating(name.strip(), round(min(10.0, real(value) / most * 10), 4), int(digits or 0))


def _thumbs(movie: Element) -> tuple[Thumb, ...]:
    return tuple(
        Thumb(url, one.attributes.get("aspect", ""), one.attributes.get("preview", ""))
        for one in movie.named("thumb")
        if (url := one.text.strip())
    )


def _fanart(fanart: Element) -> list[Thumb]:
    below = fanart.attributes.get("url", "")
    return [
        Thumb(below + url, preview=below + preview if preview else "")
        for one in fanart.named("thumb")
        if (url := one.text.strip())
        for preview in (one.attributes.get("preview", ""),)
    ]


def _collection(movie: Element) -> Set | None:
    for one in movie.named("set"):
        name = one.said("name") or one.text.strip()
        if name:
            number = max(0, whole(one.attributes.get("tmdbcolid", "")))
            return Set(name, one.said("overview"), number)
    return None


def _actors(movie: Element) -> tuple[Actor, ...]:
    found: list[Actor] = []
    for one in movie.named("actor"):
        if clears(one):
            found.clear()
        if name := one.said("name"):
            order = one.said("order") or one.said("sortorder")
            found.append(Actor(name, one.said("role"), whole(order), one.said("thumb")))
    return tuple(found)


def _streams(movie: Element) -> Streams:
    every = [
        stream
        for info in movie.named("fileinfo")
        for streams in info.named("streamdetails")
        for stream in streams.children
    ]
    kinds = {name: [one for one in every if one.name == name] for name in _STREAMS}
    return Streams(
        tuple(_video(one) for one in kinds["video"]),
        tuple(_audio(one) for one in kinds["audio"]),
        tuple(SubtitleStream(one.said("language").lower()) for one in kinds["subtitle"]),
    )


_STREAMS = ("video", "audio", "subtitle")


def _video(one: Element) -> VideoStream:
    minutes = real(one.said("duration"))
    return VideoStream(
        codec=one.said("codec").lower(),
        width=max(0, whole(one.said("width"))),
        height=max(0, whole(one.said("height"))),
        aspect=real(one.said("aspect")),
        duration=real(one.said("durationinseconds")) or minutes * 60,
        hdr=one.said("hdrtype").lower(),
        stereo=one.said("stereomode").lower(),
    )


def _audio(one: Element) -> AudioStream:
    return AudioStream(
        codec=one.said("codec").lower(),
        language=one.said("language").lower(),
        channels=max(0, whole(one.said("channels"))),
    )
