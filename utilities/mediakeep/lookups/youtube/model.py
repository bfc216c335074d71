"""Videos as they are sent to YouTube and returned by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

MAX_TITLE = 100  # characters
MAX_DESCRIPTION = 5000  # bytes of UTF-8


class VideoMetadata(msgspec.Struct, frozen=True):
    """What an upload says about its video; the marker becomes the last line of the description.

    Until `publish_at`, the video is private; without it, it stays private.
    """

    title: str
    description: str
    marker: str
    publish_at: datetime | None = None
    category: str = "22"
    language: str = ""

    def build_json(self) -> dict[str, Any]:
        """Return the video resource to insert."""
        snippet = {
            "title": clean_title(self.title),
            "description": build_description(self.description, self.marker),
            "categoryId": self.category,
        }
        if self.language:
            snippet["defaultLanguage"] = snippet["defaultAudioLanguage"] = self.language
        return {"snippet": snippet, "status": build_privacy(self.publish_at)}


class VideoStatus(msgspec.Struct, frozen=True, rename="camel"):
    """The status of a video; `upload_status` is "uploaded" while YouTube still processes it."""

    upload_status: str = ""
    privacy_status: str = ""
    publish_at: str = ""
    failure_reason: str = ""
    rejection_reason: str = ""

    @property
    def problem(self) -> str:
        """Why the video cannot be published, such as "rejected (copyright)", "" if it can be."""
        reason = self.rejection_reason or self.failure_reason or "no reason given"
        is_usable = self.upload_status in ("uploaded", "processed")
        return "" if is_usable else f"{self.upload_status} ({reason})"


class YouTubeChannel(msgspec.Struct, frozen=True):
    """The channel of a token; `long_uploads` is "allowed" if videos may exceed 15 minutes."""

    id: str
    title: str
    uploads_playlist: str
    long_uploads: str


def build_marker(episode_id: str, sha256: str) -> str:
    """Return the line of a description by which the video of an episode is found."""
    return f"mediakeep: {episode_id} {sha256}"


def build_privacy(publish_at: datetime | None) -> dict[str, Any]:
    """Return the part of a status that says when a private video is published, if ever."""
    if not publish_at:
        return {"privacyStatus": "private"}
    return {"privacyStatus": "private", "publishAt": format_time(publish_at)}


def format_time(time: datetime) -> str:
    """Return a time as the API writes it."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def clean_title(title: str) -> str:
    """Return a title as one line of at most 100 characters without "<" and ">"."""
    line = " ".join(_clean_text(title).split()) or "Untitled"
    return line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 1].rstrip()}…"


def build_description(text: str, marker: str) -> str:
    """Return a description of at most 5000 bytes without "<" and ">", which ends with a marker."""
    ending = f"\n\n{marker}"
    room = MAX_DESCRIPTION - len(ending.encode())
    text = _clean_text(text).encode()[:room].decode(errors="ignore")
    return f"{text.rstrip()}{ending}".lstrip()


def _clean_text(text: str) -> str:
    valid = text.encode("utf-8", "replace").decode()  # without lone surrogates
    return valid.replace("<", "‹").replace(">", "›")
