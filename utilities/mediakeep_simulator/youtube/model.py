"""The settings of the simulated YouTube, and the records of its state."""

from __future__ import annotations

from typing import Any

import msgspec

CHUNK_UNIT = 256 * 1024  # bytes: chunks of an upload are multiples of it


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel and its owner's account."""

    id: str
    title: str = "Simulated Radio"
    long_uploads: str = "allowed"

    @property
    def uploads(self) -> str:
        """The id of the playlist of its uploads."""
        return "UU" + self.id[2:]


class YoutubeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits by day in Pacific time, costs of calls in units, and times in seconds.

    If `inserts_per_day` is 0, an upload costs units like all other calls. `uploads_per_day` is for
    each channel; 0: no limit. After a cut, the server has a multiple of `kept_bytes`.
    """

    channels: tuple[Channel, ...] = (Channel("UCsimulated-radio-000001"),)
    client_id: str = "simulated.apps.googleusercontent.com"
    client_secret: str = "simulated-secret"
    units_per_day: int = 10_000
    inserts_per_day: int = 100
    uploads_per_day: int = 0
    costs: dict[str, int] = {}
    token_seconds: int = 3599
    processing_seconds: int = 0
    listing_seconds: int = 0  # until a video is in the playlist of uploads
    session_seconds: int = 7 * 86_400
    kept_bytes: int = CHUNK_UNIT


class AccessToken(msgspec.Struct, frozen=True):
    """An access token; it ends with the refresh token from which it was made."""

    id: str
    channel: str
    refresh_token: str
    expires: float


class UploadSession(msgspec.Struct, frozen=True):
    """A resumable upload; `size` is -1 if unknown."""

    id: str
    channel: str
    resource: dict[str, Any]
    size: int
    opened: float

    @property
    def video(self) -> str:
        """The id of its video, once it is complete."""
        return self.id[:11]


class StoredVideo(msgspec.Struct, frozen=True):
    """An uploaded video; `outcome` is the result of the processing: an upload status and a reason.

    `received` is the number of all bytes of its session, also repeated ones, set in a list.
    """

    id: str
    channel: str
    title: str
    sha256: str
    size: int
    uploaded: float
    snippet: dict[str, Any]
    status: dict[str, Any]
    outcome: tuple[str, str] = ("processed", "")
    thumbnail: str = ""  # SHA-256
    received: int = 0


class StoredResource(msgspec.Struct, frozen=True):
    """A playlist, an item of one, or captions: `parent` is its channel, playlist or video."""

    id: str
    kind: str
    parent: str
    data: dict[str, Any]
