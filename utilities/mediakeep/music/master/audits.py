"""Read complete artist audits for the master report."""

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

_LARGEST = 2**53  # larger numbers are never written by mediakeep
_CURE = "Reset the artist; the next batch writes it again."
_GONE = "Run {} --repair; the next batch writes it again."
_NUMBERS = attrgetter("duration", "bitrate", "sample_rate", "channels", "bits", "size", "payload")


class Told(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A track in an audit; of `raw` only the names are used."""

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
        """The track as scanned, without its raw texts."""
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
    """A picture file of an album folder; `mime` is "" if its bytes are no picture."""

    mime: str = ""


class Folder(msgspec.Struct, frozen=True, gc=False):
    """The folder of an album; in format 1 its images are plain paths."""

    path: str
    images: tuple[Image | str, ...] = ()

    @property
    def pictured(self) -> bool:
        """Whether the folder contains a valid picture."""
        return any(isinstance(image, str) or image.mime for image in self.images)


class Matched(msgspec.Struct, frozen=True, gc=False):
    """The confidence of an album's match."""

    sure: str = ""


class Looked(msgspec.Struct, frozen=True, gc=False):
    """The lookup result, as far as it is counted."""

    matches: tuple[Matched, ...] = ()


class Audit(msgspec.Struct, frozen=True):
    """The audit of an artist."""

    format: int
    artist: str
    albums: tuple[Folder, ...]
    tracks: tuple[Told, ...]
    issues: tuple[Issue, ...]
    musicbrainz: Looked = Looked()

    def model(self) -> Artist:
        """Return the artist as scanned, album by album."""
        albums = groupby(self.tracks, attrgetter("album"))
        return Artist(
            name=self.artist,
            path="",
            albums=tuple(
                Album(place=place, tracks=tuple(track.track for track in tracks))
                for place, tracks in albums
            ),
            fingerprint="",
        )


_DECODER = msgspec.json.Decoder(Audit)


def read(path: Path) -> Audit:
    """Read an audit JSON file.

    Raise Unreadable if it is missing or damaged, NewerFormat if a later mediakeep wrote it.
    """
    name = files.escape(path)
    try:
        artist_audit = _DECODER.decode(path.read_bytes())
    except FileNotFoundError as error:
        fix_hint = _GONE.format(config.spoken(MUSIC.manager))
        raise Unreadable(name, error.strerror, fix_hint) from error
    except OSError as error:
        raise Unreadable(name, error.strerror, _CURE) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unreadable(name, error, _CURE) from error
    if artist_audit.format > audit.FORMAT:
        raise NewerFormat(name, artist_audit.format, audit.FORMAT)
    if any(max(_NUMBERS(track.facts)) > _LARGEST for track in artist_audit.tracks if track.facts):
        raise Unreadable(name, "it contains an impossible number", _CURE)
    return artist_audit
