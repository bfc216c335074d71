"""Reading an artist's audit whole, for what is put together of all of them."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from pathlib import Path

import msgspec

from mediakeep import config, files
from mediakeep.errors import NewerFormat, Unreadable
from mediakeep.issue import Issue
from mediakeep.kinds import MUSIC
from mediakeep.media.tags import Container, Facts, Tags
from mediakeep.music import audit
from mediakeep.music.model import Album, Artist, Fault, Track

_LARGEST = 2**53  # of any number; what is beyond it was never written by us
_CURE = "Reset the artist, and the next batch writes it anew."
_GONE = "Run {} --repair, and the next batch writes it anew."
_NUMBERS = attrgetter("duration", "bitrate", "sample_rate", "channels", "bits", "size", "payload")


class Told(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One track as an audit tells of it; of `raw` only the names are looked at."""

    path: str
    album: str
    tags: Tags
    facts: Facts | None
    container: str = ""
    others: tuple[Container, ...] = ()
    raw: dict[str, msgspec.Raw] = {}
    issues: tuple[str, ...] = ()
    fault: Fault | None = None
    reason: str = ""
    essence: str = ""
    damage: str = ""
    change: str = ""

    @property
    def track(self) -> Track:
        """The track as a scan gave it, but for its raw texts."""
        return Track(
            place=self.path,
            tags=self.tags,
            facts=self.facts,
            container=self.container,
            others=self.others,
            fault=self.fault,
            reason=self.reason,
            essence=self.essence,
            damage=self.damage,
            change=self.change,
        )


class Image(msgspec.Struct, frozen=True, gc=False):
    """A picture file beside an album's tracks; `mime` is "" where its bytes are no picture."""

    mime: str = ""


class Folder(msgspec.Struct, frozen=True, gc=False):
    """An album's folder; in format 1 its images were plain paths."""

    path: str
    images: tuple[Image | str, ...] = ()

    @property
    def pictured(self) -> bool:
        """Whether a real picture lies in it."""
        return any(isinstance(image, str) or image.mime for image in self.images)


class Matched(msgspec.Struct, frozen=True, gc=False):
    """How sure it is which release an album is."""

    sure: str = ""


class Looked(msgspec.Struct, frozen=True, gc=False):
    """What a look-up came to, as far as it is counted."""

    matches: tuple[Matched, ...] = ()


class Audit(msgspec.Struct, frozen=True):
    """All that an audit tells of an artist."""

    format: int
    artist: str
    albums: tuple[Folder, ...]
    tracks: tuple[Told, ...]
    issues: tuple[Issue, ...]
    musicbrainz: Looked = Looked()

    def model(self) -> Artist:
        """Give the artist as a scan would, album by album."""
        albums = groupby(self.tracks, attrgetter("album"))
        return Artist(
            name=self.artist,
            path="",
            albums=tuple(
                Album(place=place, tracks=tuple(told.track for told in tracks))
                for place, tracks in albums
            ),
            fingerprint="",
        )


_DECODER = msgspec.json.Decoder(Audit)


def read(path: Path) -> Audit:
    """Read an audit JSON.

    Unreadable where it is gone or damaged, NewerFormat where a later mediakeep wrote it.
    """
    name = files.escape(path)
    try:
        found = _DECODER.decode(path.read_bytes())
    except FileNotFoundError as error:
        cure = _GONE.format(config.spoken(MUSIC.manager))
        raise Unreadable(name, error.strerror, cure) from error
    except OSError as error:
        raise Unreadable(name, error.strerror, _CURE) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unreadable(name, error, _CURE) from error
    if found.format > audit.FORMAT:
        raise NewerFormat(name, found.format, audit.FORMAT)
    if any(max(_NUMBERS(told.facts)) > _LARGEST for told in found.tracks if told.facts):
        raise Unreadable(name, "it holds a number that no file has", _CURE)
    return found
