"""Read the audit files of artists for the master report."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from pathlib import Path

import msgspec

from mediakeep import command_text, path_text
from mediakeep.errors import Unreadable
from mediakeep.issue import Issue
from mediakeep.media.audio.tags import AudioProperties, SecondaryTags, Tags
from mediakeep.music.item import MUSIC
from mediakeep.music.model import Album, Artist, Track, TrackFault
from mediakeep.music.reports import audit_files
from mediakeep.untrusted_files import JsonDecoder, read_record

_MAX_NUMBER = 2**53  # larger numbers are never written by mediakeep
_FIX_HINT = "Reset the artist; the next batch writes it again."
_MISSING_HINT = "Run {}; the next batch writes it again."
_NUMERIC_FACTS = attrgetter(
    "duration", "bitrate", "sample_rate", "channels", "bits", "size", "payload"
)


class AuditTrack(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A track in an audit file; of the raw tags in `raw`, only the names are used."""

    path: str
    album: str
    tags: Tags
    facts: AudioProperties | None
    container: str = ""
    others: tuple[SecondaryTags, ...] = ()
    raw: dict[str, msgspec.Raw] = {}
    issues: tuple[str, ...] = ()
    fault: TrackFault | None = None
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
            other_tags=self.others,
            fault=self.fault,
            reason=self.reason,
            essence=self.essence,
            damage=self.damage,
            change=self.change,
        )


class AuditImage(msgspec.Struct, frozen=True, gc=False):
    """A picture file of an album folder; `mime` is "" if its bytes are no picture."""

    mime: str = ""


class AuditFolder(msgspec.Struct, frozen=True, gc=False):
    """The folder of an album in an audit file; in format 1, its images are plain paths."""

    path: str
    images: tuple[AuditImage | str, ...] = ()

    @property
    def has_picture(self) -> bool:
        """Whether the folder contains a valid picture."""
        return any(isinstance(image, str) or image.mime for image in self.images)


class AuditMatch(msgspec.Struct, frozen=True, gc=False):
    """How certain the match of an album in an audit file is."""

    sure: str = ""


class AuditLookup(msgspec.Struct, frozen=True, gc=False):
    """The part of a lookup result in an audit file that is counted."""

    matches: tuple[AuditMatch, ...] = ()


class ArtistAudit(msgspec.Struct, frozen=True):
    """The content of an artist's audit file."""

    format: int
    artist: str
    albums: tuple[AuditFolder, ...]
    tracks: tuple[AuditTrack, ...]
    issues: tuple[Issue, ...]
    musicbrainz: AuditLookup = AuditLookup()

    def to_artist(self) -> Artist:
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


_DECODER = JsonDecoder(ArtistAudit)


def read_audit(path: Path) -> ArtistAudit:
    """Read an artist's audit file.

    Raise Unreadable if it is missing or damaged, and NewerFormat if a later mediakeep wrote it.
    """
    missing_hint = _MISSING_HINT.format(
        command_text.format_command(MUSIC.manager_script, words="--repair")
    )
    newest = audit_files.AUDIT_FORMAT
    artist_audit = read_record(path, _DECODER, newest, _FIX_HINT, missing_hint)
    if any(
        max(_NUMERIC_FACTS(track.facts)) > _MAX_NUMBER
        for track in artist_audit.tracks
        if track.facts
    ):
        raise Unreadable(path_text.escape_path(path), "it contains an impossible number", _FIX_HINT)
    return artist_audit
