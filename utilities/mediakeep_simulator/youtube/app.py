"""The simulated YouTube Data API v3: calls by path and method, with their quota."""

from __future__ import annotations

import email
import hashlib
import itertools
import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from mediakeep import atomic_files
from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse, json_response
from mediakeep_simulator.youtube import accounts, call_quota, video_metadata
from mediakeep_simulator.youtube.accounts import AccountServer
from mediakeep_simulator.youtube.errors import YoutubeApiError, error_response
from mediakeep_simulator.youtube.model import (
    Channel,
    StoredResource,
    StoredVideo,
    UploadSession,
    YoutubeSettings,
)
from mediakeep_simulator.youtube.resumable_uploads import RECEIVED, ResumableUploads
from mediakeep_simulator.youtube.state_store import YoutubeState

_API, _UPLOAD = "/youtube/v3/", "/upload/youtube/v3/"
ROOTS = (_API, _UPLOAD, accounts.TOKEN_PATH, accounts.CONSENT_PATH)

_VERBS = {"GET": "list", "POST": "insert", "PUT": "update"}
_CLOCK, _REQUESTS = "clock", "requests/"  # counters
_FACTS = ("id", "title", "sha256", "channel", "size", "received", "thumbnail")  # of a video
_MAX_RESULTS = 50
_MAX_THUMBNAIL = 2 * 2**20  # bytes
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")

Call = Callable[[SimulatorRequest, Channel], SimulatorResponse]


class YoutubeApp:
    """Responds to requests like YouTube; all its state is in a folder, and survives a kill."""

    def __init__(self, settings: YoutubeSettings, folder: Path) -> None:
        self._settings, self._state = settings, YoutubeState(folder)
        self.accounts = AccountServer(settings, self._state, self.now)
        self.uploads = ResumableUploads(settings, self._state, self.now)
        self._calls: dict[str, Call] = {
            "channels.list": self._list_channels,
            "videos.list": self._list_videos,
            "videos.insert": self._insert_video,
            "videos.update": self._update_video,
            "playlists.list": self._list_resources,
            "playlists.insert": self._insert_playlist,
            "playlistItems.list": self._list_resources,
            "playlistItems.insert": self._insert_playlist_item,
            "captions.list": self._list_resources,
            "captions.insert": self._insert_captions,
            "thumbnails.set": self._set_thumbnail,
        }

    def now(self) -> float:
        """Return the time of the service, in seconds since 1970."""
        return time.time() + self._state.count(_CLOCK, 0)

    def advance(self, seconds: float) -> None:
        """Move the clock of the service."""
        self._state.count(_CLOCK, seconds)

    def expire_sessions(self) -> None:
        """Let all upload sessions expire now."""
        for session in self._state.list_all(UploadSession):
            self._state.save(msgspec.structs.replace(session, opened=0.0))

    def videos(self) -> list[StoredVideo]:
        """Return all videos, the oldest first."""
        received = self._state.read_counters(RECEIVED)
        return [
            msgspec.structs.replace(video, received=int(received.get(video.session, 0)))
            for video in self._state.list_all(StoredVideo)
        ]

    def describe_videos(self) -> list[dict[str, Any]]:
        """Return id, title, checksum, upload status and others of each video, for JSON."""
        rows = []
        for video in self.videos():
            status = video_metadata.compute_status(video, self._settings, self.now())
            facts = {name: getattr(video, name) for name in _FACTS}
            rows.append(
                {**facts, "status": status["uploadStatus"], "privacy": status["privacyStatus"]}
            )
        return rows

    def describe_state(self) -> dict[str, Any]:
        """Return the videos, sessions, other resources, and requests and quota used, for JSON."""
        return {
            "now": self.now(),
            "videos": self.describe_videos(),
            "sessions": self._state.list_all(UploadSession),
            "resources": self._state.list_all(StoredResource),
            "requests": self._state.read_counters(_REQUESTS),
            "quota": self._state.read_counters(call_quota.USED),
        }

    def write_token_file(self, url: str, channel_id: str = "") -> Path:
        """Write the authorized_user file of a channel, by default the first, and return its path.

        `url` is the address of the server.
        """
        channels = {channel.id: channel for channel in self._settings.channels}
        channel = channels[channel_id] if channel_id else self._settings.channels[0]
        path = self._state.folder / f"token-{channel.id}.json"
        page = {
            "type": "authorized_user",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
            "refresh_token": self.accounts.refresh_token(channel),
            "token_uri": f"{url}{accounts.TOKEN_PATH}",
            "scopes": channel.scopes,
        }
        atomic_files.write_atomic(path, msgspec.json.encode(page))
        path.chmod(0o600)
        return path

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Handle one request; errors have the format of the API."""
        if request.path.startswith((accounts.TOKEN_PATH, accounts.CONSENT_PATH)):
            self._state.count(_REQUESTS + request.path[1:])
            return self.accounts.handle(request)
        call = _call_name(request)
        self._state.count(_REQUESTS + call)
        try:
            channel = self.accounts.authorize(request, call)
            if call.startswith("upload."):
                reply, video = self.uploads.put(request, channel)
                return self._with_video(reply, video, request) if video else reply
            if call not in self._calls:
                raise YoutubeApiError("notFound")
            call_quota.charge_call(self._settings, self._state, call, self.now())
            return self._calls[call](request, channel)
        except YoutubeApiError as refusal:
            return error_response(refusal.reason)

    def _with_video(
        self, reply: SimulatorResponse, video: StoredVideo, request: SimulatorRequest
    ) -> SimulatorResponse:
        resource = self._video_json(video, request)
        return SimulatorResponse(reply.status, msgspec.json.encode(resource), reply.headers)

    def _video_json(self, video: StoredVideo, request: SimulatorRequest) -> dict[str, Any]:
        return video_metadata.build_video(video, _parts(request), self._settings, self.now())

    def _list_channels(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        if request.get_param("mine") != "true":
            raise YoutubeApiError("missingRequiredParameter")
        known = {
            "snippet": {"title": channel.title},
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": channel.uploads}},
            "status": {"privacyStatus": "public", "longUploadsStatus": channel.long_uploads},
        }
        item = {"kind": "youtube#channel", "id": channel.id}
        return _page(request, [item | {part: known[part] for part in _parts(request)}])

    def _find_video(self, video_id: str, channel: Channel) -> StoredVideo:
        video = self._state.find(StoredVideo, video_id)
        if video is None or video.channel != channel.id:
            raise YoutubeApiError("videoNotFound")
        return video

    def _list_videos(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        ids = request.get_param("id").split(",")
        if not ids[0] or len(ids) > _MAX_RESULTS:
            raise YoutubeApiError("missingRequiredParameter")
        videos = (self._state.find(StoredVideo, video_id) for video_id in ids)
        own = [video for video in videos if video and video.channel == channel.id]
        return _page(request, [self._video_json(video, request) for video in own])

    def _insert_video(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        if not request.path.startswith(_UPLOAD) or request.get_param("uploadType") != "resumable":
            raise YoutubeApiError("mediaBodyRequired")
        resource = video_metadata.read_json(request)
        video_metadata.check_metadata(resource, {"snippet", *_parts(request)})
        today = call_quota.pacific_day(self.now())
        days = [
            call_quota.pacific_day(video.uploaded)
            for video in self.videos()
            if video.channel == channel.id
        ]
        if 0 < self._settings.uploads_per_day <= days.count(today):
            raise YoutubeApiError("uploadLimitExceeded")
        upload_id = self.uploads.open_session(request, channel, resource)
        query = urlencode({**request.query, "upload_id": [upload_id]}, doseq=True)
        return SimulatorResponse(
            200, b"", {"Location": f"http://{request.host}{request.path}?{query}"}
        )

    def _update_video(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        """Replace whole parts: what is not given gets its default."""
        resource, parts = video_metadata.read_json(request), _parts(request)
        video = self._find_video(str(resource.get("id", "")), channel)
        video_metadata.check_metadata(resource, parts)
        if "snippet" in parts and "categoryId" not in resource.get("snippet", {}):
            raise YoutubeApiError("invalidCategoryId")
        changes = {part: resource.get(part, {}) for part in parts if part in ("snippet", "status")}
        if "snippet" in changes:
            changes["title"] = changes["snippet"]["title"]
        video = msgspec.structs.replace(video, **changes)
        self._state.save(video)
        return json_response(self._video_json(video, request))

    def _insert_playlist(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        resource = video_metadata.read_json(request)
        if not resource.get("snippet", {}).get("title"):
            raise YoutubeApiError("invalidVideoMetadata")
        resource["snippet"]["channelId"] = channel.id
        return self._insert("playlist", "PL", channel.id, resource)

    def _insert_playlist_item(
        self, request: SimulatorRequest, channel: Channel
    ) -> SimulatorResponse:
        resource = video_metadata.read_json(request)
        snippet = resource.setdefault("snippet", {})
        playlist = self._state.find(StoredResource, str(snippet.get("playlistId", "")))
        if playlist is None or playlist.parent != channel.id:
            raise YoutubeApiError("playlistNotFound")
        video = self._find_video(snippet.get("resourceId", {}).get("videoId", ""), channel)
        snippet["title"] = video.title
        return self._insert("playlistItem", "PLI", playlist.id, resource)

    def _insert_captions(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        """Read a multipart/related body: the metadata, then the captions."""
        kind = request.headers.get("content-type", "")
        body = request.body.read_all()
        message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        parts = [part.get_payload(decode=True) for part in message.walk() if part is not message]
        if len(parts) != 2 or not all(isinstance(part, bytes) and part for part in parts):
            raise YoutubeApiError("mediaBodyRequired")
        resource = msgspec.json.decode(bytes(parts[0]), type=dict[str, Any])
        snippet = resource.get("snippet", {})
        video = self._find_video(snippet.get("videoId", ""), channel)
        key = (snippet.get("language"), snippet.get("name", ""))
        if not key[0]:
            raise YoutubeApiError("invalidVideoMetadata")
        for other in self._children("caption", video.id):
            if key == (other["snippet"]["language"], other["snippet"].get("name", "")):
                raise YoutubeApiError("captionExists")
        snippet["sha256"] = hashlib.sha256(bytes(parts[1])).hexdigest()
        return self._insert("caption", "CC", video.id, resource)

    def _insert(
        self, kind: str, prefix: str, parent: str, resource: dict[str, Any]
    ) -> SimulatorResponse:
        record_id = prefix + secrets.token_urlsafe(12)
        resource |= {"kind": f"youtube#{kind}", "id": record_id}
        self._state.save(StoredResource(record_id, kind, parent, resource))
        return json_response(resource)

    def _children(self, kind: str, parent: str) -> list[dict[str, Any]]:
        records = self._state.list_all(StoredResource)
        return [each.data for each in records if (each.kind, each.parent) == (kind, parent)]

    def _list_resources(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        """List playlists of the channel, items of a playlist, or captions of a video."""
        call = _call_name(request)
        if call == "playlists.list":
            return _page(request, self._children("playlist", channel.id))
        if call == "captions.list":
            video = self._find_video(request.get_param("videoId"), channel)
            return _page(request, self._children("caption", video.id))
        playlist_id = request.get_param("playlistId")
        if playlist_id == channel.uploads:
            return _page(request, self._uploaded_items(channel))
        playlist = self._state.find(StoredResource, playlist_id)
        if playlist is None or playlist.parent != channel.id:
            raise YoutubeApiError("playlistNotFound")
        return _page(request, self._children("playlistItem", playlist_id))

    def _uploaded_items(self, channel: Channel) -> list[dict[str, Any]]:
        """Return the playlist of uploads: the newest first, also private ones."""
        latest = self.now() - self._settings.listing_seconds
        videos = [
            video
            for video in reversed(self._state.list_all(StoredVideo))
            if video.channel == channel.id and video.uploaded <= latest
        ]
        return [
            {
                "kind": "youtube#playlistItem",
                "id": f"UI{video.id}",
                "snippet": {
                    "publishedAt": video_metadata.format_time(video.uploaded),
                    "channelId": channel.id,
                    "playlistId": channel.uploads,
                    "position": position,
                    "title": video.title,
                    "description": video.snippet.get("description", ""),
                    "resourceId": {"kind": "youtube#video", "videoId": video.id},
                },
                "contentDetails": {"videoId": video.id},
            }
            for position, video in enumerate(videos)
        ]

    def _set_thumbnail(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        video = self._find_video(request.get_param("videoId"), channel)
        image = request.body.read_all()
        if not image.startswith(_IMAGE_STARTS) or len(image) > _MAX_THUMBNAIL:
            raise YoutubeApiError("invalidImage")
        digest = hashlib.sha256(image).hexdigest()
        self._state.save(msgspec.structs.replace(video, thumbnail=digest))
        items = [{"default": {"url": f"http://{request.host}/vi/{video.id}/default.jpg"}}]
        return json_response({"kind": "youtube#thumbnailSetResponse", "items": items})


def _call_name(request: SimulatorRequest) -> str:
    """Return the name of a call, such as videos.list, upload.chunk or upload.query."""
    if request.path.startswith(_UPLOAD) and request.method == "PUT":
        return "upload.chunk" if request.body.size else "upload.query"
    resource = request.path.removeprefix(_UPLOAD).removeprefix(_API)
    return resource.replace("/", ".") if "/" in resource else (
        f"{resource}.{_VERBS.get(request.method, request.method)}"
    )  # fmt: skip


def _parts(request: SimulatorRequest) -> list[str]:
    if not (parts := [part for part in request.get_param("part").split(",") if part]):
        raise YoutubeApiError("missingRequiredParameter")
    return parts


def _page(request: SimulatorRequest, items: Iterable[dict[str, Any]]) -> SimulatorResponse:
    """Return one page of a list; the token of a page is its offset."""
    found = list(items)
    size, token = request.get_param("maxResults", "5"), request.get_param("pageToken", "0")
    if not size.isdecimal() or int(size) > _MAX_RESULTS or not token.isdecimal():
        raise YoutubeApiError("missingRequiredParameter")
    end = int(token) + int(size)
    answer = {
        "items": list(itertools.islice(found, int(token), end)),
        "pageInfo": {"totalResults": len(found), "resultsPerPage": int(size)},
        "nextPageToken": str(end),
    }
    if end >= len(found):
        del answer["nextPageToken"]
    return json_response(answer)
