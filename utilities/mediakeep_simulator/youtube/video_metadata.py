"""Validate the metadata of a video, and build its resource at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from mediakeep_simulator.http_types import SimulatorRequest
from mediakeep_simulator.youtube.errors import YoutubeApiError
from mediakeep_simulator.youtube.model import StoredVideo, YoutubeSettings

_MAX_TITLE, _MAX_DESCRIPTION, _MAX_TAGS = 100, 5000, 500  # characters, bytes, characters
_REASON_FIELDS = {"failed": "failureReason", "rejected": "rejectionReason"}


def read_json(request: SimulatorRequest) -> dict[str, Any]:
    """Return the JSON object in the body of a request."""
    try:
        return msgspec.json.decode(request.body.read_all() or b"{}", type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise YoutubeApiError("invalidVideoMetadata") from error


def check_metadata(resource: dict[str, Any], parts: Iterable[str]) -> None:
    """Raise YoutubeApiError if a part of a video resource is invalid."""
    snippet, status = resource.get("snippet", {}), resource.get("status", {})
    if "snippet" in parts:
        title, text = str(snippet.get("title", "")), str(snippet.get("description", ""))
        if not title.strip() or len(title) > _MAX_TITLE or set("<>") & set(title):
            raise YoutubeApiError("invalidTitle")
        if len(text.encode()) > _MAX_DESCRIPTION or set("<>") & set(text):
            raise YoutubeApiError("invalidDescription")
        if len(",".join(snippet.get("tags", []))) > _MAX_TAGS:
            raise YoutubeApiError("invalidTags")
        if not str(snippet.get("categoryId", "22")).isdecimal():
            raise YoutubeApiError("invalidCategoryId")
    if status.get("privacyStatus", "public") not in ("public", "private", "unlisted"):
        raise YoutubeApiError("invalidVideoMetadata")
    if "publishAt" in status:
        _parse_time(status["publishAt"])


def build_video(video: StoredVideo, settings: YoutubeSettings, now: float) -> dict[str, Any]:
    """Return the resource of a video with all its parts, as it is at a time."""
    status = compute_status(video, settings, now)
    state = status["uploadStatus"]
    published = {"publishedAt": format_time(video.uploaded), "channelId": video.channel}
    ended = {"uploaded": "processing", "processed": "succeeded"}.get(state, "terminated")
    return {
        "kind": "youtube#video",
        "id": video.id,
        "snippet": {"categoryId": "22", "description": "", **video.snippet, **published},
        "status": status,
        "processingDetails": {"processingStatus": ended},
    }


def compute_status(video: StoredVideo, settings: YoutubeSettings, now: float) -> dict[str, Any]:
    """Return the status of a video: uploaded, then processed; private, then public."""
    done = now >= video.uploaded + settings.processing_seconds
    state, reason = video.outcome if done else ("uploaded", "")
    status = {"privacyStatus": "public", "license": "youtube", "embeddable": True, **video.status}
    if status["privacyStatus"] != "private":
        status.pop("publishAt", None)  # ignored without an error
    elif "publishAt" in status and done and _parse_time(status["publishAt"]) <= now:
        status["privacyStatus"] = "public"
        del status["publishAt"]
    status |= {"uploadStatus": state} | ({_REASON_FIELDS[state]: reason} if reason else {})
    return status


def format_time(time: float) -> str:
    """Return a time as the API writes it: in UTC, by RFC 3339."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parse_time(text: object) -> float:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise YoutubeApiError("invalidPublishAt") from error
    if moment.tzinfo is None:
        raise YoutubeApiError("invalidPublishAt")
    return moment.timestamp()
