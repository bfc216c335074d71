"""The simulated YouTube Data API v3: calls by path and method, with their quota."""

from __future__ import annotations

import dataclasses
import email
import hashlib
import secrets
from collections.abc import Callable, Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from mediakeep import atomic_files
from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse, json_response
from mediakeep_simulator.youtube import accounts, state_store, video_metadata
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
_REQUESTS = "requests/"  # counters
_FACTS = ("id", "title", "sha256", "channel", "size", "received", "thumbnail")  # of a video
_MAX_RESULTS = 50
_MAX_THUMBNAIL = 2 * 2**20  # bytes
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")

Call = Callable[[SimulatorRequest, Channel], SimulatorResponse]
Lister = Callable[[SimulatorRequest, Channel], Sequence[dict[str, Any]]]


class YoutubeApp:
    """Responds to requests like YouTube; all its state is in a folder, and survives a kill."""

    def __init__(self, settings: YoutubeSettings, folder: Path) -> None:
        self._settings, self._state = settings, YoutubeState(settings, folder)
        self.now, self.advance = self._state.now, self._state.advance
        self.accounts, self.uploads = AccountServer(self._state), ResumableUploads(self._state)
        self._calls: dict[str, Call] = {
            "videos.insert": self._insert_video,
            "videos.update": self._update_video,
            "playlists.insert": self._insert_playlist,
            "playlistItems.insert": self._insert_playlist_item,
            "captions.insert": self._insert_captions,
            "thumbnails.set": self._set_thumbnail,
        }
        self._lists: dict[str, Lister] = {
            "channels.list": lambda _, channel: [_channel_json(channel)],
            "videos.list": self._list_videos,
            "playlists.list": lambda _, channel: self._children("playlist", channel.id),
            "playlistItems.list": self._list_playlist_items,
            "captions.list": lambda request, channel: self._children(
                "caption", self._find_video(request.get_param("videoId"), channel).id
            ),
        }

    def expire_sessions(self) -> None:
        """Let all upload sessions expire now."""
        for session in self._state.list_all(UploadSession):
            self._state.save(msgspec.structs.replace(session, opened=0.0))

    def videos(self) -> list[StoredVideo]:
        """Return all videos, the oldest first."""
        received = self._state.read_counters(RECEIVED)
        return [
            msgspec.structs.replace(video, received=int(received.get(video.id, 0)))
            for video in self._state.list_all(StoredVideo)
        ]

    def describe_videos(self) -> list[dict[str, Any]]:
        """Return id, title, checksum, upload status and others of each video, for JSON."""
        rows = []
        for video in self.videos():
            status = video_metadata.compute_status(video, self._settings, self.now())
            shown = {"status": status["uploadStatus"], "privacy": status["privacyStatus"]}
            rows.append({name: getattr(video, name) for name in _FACTS} | shown)
        return rows

    def describe_state(self) -> dict[str, Any]:
        """Return the videos, sessions, other resources, and requests and quota used, for JSON."""
        return {
            "now": self.now(),
            "videos": self.describe_videos(),
            "sessions": self._state.list_all(UploadSession),
            "resources": self._state.list_all(StoredResource),
            "requests": self._state.read_counters(_REQUESTS),
            "quota": self._state.read_counters(state_store.USED),
        }

    def write_token_file(self, url: str, channel_id: str = "") -> Path:
        """Write the authorized_user file of a channel, by default the first, and return its path.

        `url` is the address of the server.
        """
        channel = self.accounts.channels[channel_id or self._settings.channels[0].id]
        path = self._state.folder / f"token-{channel.id}.json"
        page = {
            "type": "authorized_user",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
            "refresh_token": self.accounts.refresh_token(channel),
            "token_uri": f"{url}{accounts.TOKEN_PATH}",
        }
        atomic_files.write_atomic(path, msgspec.json.encode(page))
        path.chmod(0o600)
        return path

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Handle one request; errors have the format of the API."""
        response = self._respond(request)
        date = formatdate(self.now(), usegmt=True)
        return dataclasses.replace(response, headers={**response.headers, "Date": date})

    def _respond(self, request: SimulatorRequest) -> SimulatorResponse:
        call = _call_name(request)
        self._state.count(_REQUESTS + call)
        if request.path in (accounts.TOKEN_PATH, accounts.CONSENT_PATH):
            return self.accounts.handle(request)
        try:
            channel = self.accounts.authorize(request)
            if call.startswith("upload."):
                reply, video = self.uploads.put(request, channel)
                shown = _select_parts(self._video_json(video), request) if video else None
                body = msgspec.json.encode(shown) if shown else b""
                return SimulatorResponse(reply.status, body, reply.headers)
            if call not in self._calls | self._lists:
                raise YoutubeApiError("notFound")
            self._state.charge(call)
            if call in self._calls:
                return self._calls[call](request, channel)
            return _page(request, self._lists[call](request, channel))
        except YoutubeApiError as refusal:
            return error_response(refusal.reason)

    def _video_json(self, video: StoredVideo) -> dict[str, Any]:
        return video_metadata.build_video(video, self._settings, self.now())

    def _find_video(self, video_id: str, channel: Channel) -> StoredVideo:
        video = self._state.find(StoredVideo, video_id)
        if video is None or video.channel != channel.id:
            raise YoutubeApiError("videoNotFound")
        return video

    def _find_playlist(self, playlist_id: str, channel: Channel) -> StoredResource:
        playlist = self._state.find(StoredResource, playlist_id)
        if playlist is None or playlist.parent != channel.id:
            raise YoutubeApiError("playlistNotFound")
        return playlist

    def _list_videos(self, request: SimulatorRequest, channel: Channel) -> list[dict[str, Any]]:
        videos = [
            self._state.find(StoredVideo, each) for each in request.get_param("id").split(",")
        ]
        if not request.get_param("id") or len(videos) > _MAX_RESULTS:
            raise YoutubeApiError("missingRequiredParameter")
        return [self._video_json(each) for each in videos if each and each.channel == channel.id]

    def _insert_video(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        if not request.path.startswith(_UPLOAD) or request.get_param("uploadType") != "resumable":
            raise YoutubeApiError("mediaBodyRequired")
        resource = video_metadata.read_json(request)
        video_metadata.check_metadata(resource, {"snippet", *_parts(request)})
        days = [
            state_store.pacific_day(video.uploaded)
            for video in self._state.list_all(StoredVideo)
            if video.channel == channel.id
        ]
        if 0 < self._settings.uploads_per_day <= days.count(state_store.pacific_day(self.now())):
            raise YoutubeApiError("uploadLimitExceeded")
        upload_id = self.uploads.open_session(request, channel, resource)
        query = urlencode({**request.query, "upload_id": [upload_id]}, doseq=True)
        uri = f"http://{request.host}{request.path}?{query}"
        return SimulatorResponse(200, b"", {"Location": uri})

    def _update_video(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        """Replace whole parts: what is not given gets its default."""
        resource, parts = video_metadata.read_json(request), _parts(request)
        video = self._find_video(str(resource.get("id", "")), channel)
        video_metadata.check_metadata(resource, parts)
        changes = {part: resource.get(part, {}) for part in parts if part in ("snippet", "status")}
        if "categoryId" not in changes.get("snippet", {"categoryId": ""}):
            raise YoutubeApiError("invalidCategoryId")
        title = changes.get("snippet", video.snippet).get("title", "")
        video = msgspec.structs.replace(video, title=title, **changes)
        self._state.save(video)
        return json_response(_select_parts(self._video_json(video), request))

    def _insert_playlist(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        resource = video_metadata.read_json(request)
        if not resource.get("snippet", {}).get("title"):
            raise YoutubeApiError("invalidVideoMetadata")
        return self._insert("playlist", channel.id, resource)

    def _insert_playlist_item(
        self, request: SimulatorRequest, channel: Channel
    ) -> SimulatorResponse:
        resource = video_metadata.read_json(request)
        snippet = resource.setdefault("snippet", {})
        playlist = self._find_playlist(str(snippet.get("playlistId", "")), channel)
        video = self._find_video(snippet.get("resourceId", {}).get("videoId", ""), channel)
        snippet["title"] = video.title
        return self._insert("playlistItem", playlist.id, resource)

    def _insert_captions(self, request: SimulatorRequest, channel: Channel) -> SimulatorResponse:
        """Read a multipart/related body: the metadata, then the captions."""
        head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
        message = email.message_from_bytes(head + request.body.read_all())
        parts = [part.get_payload(decode=True) for part in message.walk() if part is not message]
        if len(parts) != 2 or not all(isinstance(part, bytes) and part for part in parts):
            raise YoutubeApiError("mediaBodyRequired")
        resource = msgspec.json.decode(bytes(parts[0]), type=dict[str, Any])
        snippet = {"name": "", "language": "", "videoId": "", **resource.get("snippet", {})}
        video = self._find_video(snippet["videoId"], channel)
        others = [other["snippet"] for other in self._children("caption", video.id)]
        if any(all(one[key] == snippet[key] for key in ("language", "name")) for one in others):
            raise YoutubeApiError("captionExists")
        snippet["sha256"] = hashlib.sha256(bytes(parts[1])).hexdigest()
        return self._insert("caption", video.id, {"snippet": snippet})

    def _insert(self, kind: str, parent: str, resource: dict[str, Any]) -> SimulatorResponse:
        resource |= {"kind": f"youtube#{kind}", "id": secrets.token_urlsafe(12)}
        self._state.save(StoredResource(resource["id"], kind, parent, resource))
        return json_response(resource)

    def _children(self, kind: str, parent: str) -> list[dict[str, Any]]:
        records = self._state.list_all(StoredResource)
        return [each.data for each in records if (each.kind, each.parent) == (kind, parent)]

    def _list_playlist_items(
        self, request: SimulatorRequest, channel: Channel
    ) -> list[dict[str, Any]]:
        """Return the items of a playlist; that of the uploads has the newest first."""
        playlist_id = request.get_param("playlistId")
        if playlist_id != channel.uploads:
            items = self._children("playlistItem", self._find_playlist(playlist_id, channel).id)
            wanted = request.get_param("videoId")
            videos = [item["snippet"]["resourceId"]["videoId"] for item in items]
            return [
                item for item, video in zip(items, videos, strict=True) if wanted in ("", video)
            ]
        latest = self.now() - self._settings.listing_seconds
        return [
            {
                "kind": "youtube#playlistItem",
                "id": f"UI{video.id}",
                "snippet": {
                    "publishedAt": video_metadata.format_time(video.uploaded),
                    "channelId": channel.id,
                    "playlistId": channel.uploads,
                    "title": video.title,
                    "description": video.snippet.get("description", ""),
                    "resourceId": {"kind": "youtube#video", "videoId": video.id},
                },
                "contentDetails": {"videoId": video.id},
            }
            for video in reversed(self._state.list_all(StoredVideo))
            if video.channel == channel.id and video.uploaded <= latest
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


def _channel_json(channel: Channel) -> dict[str, Any]:
    return {
        "kind": "youtube#channel",
        "id": channel.id,
        "snippet": {"title": channel.title},
        "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": channel.uploads}},
        "status": {"privacyStatus": "public", "longUploadsStatus": channel.long_uploads},
    }


def _call_name(request: SimulatorRequest) -> str:
    """Return the name of a call: videos.list, thumbnails.set, upload.chunk, upload.query, token."""
    if request.path.startswith(_UPLOAD) and request.method == "PUT":
        return "upload.chunk" if request.body.size else "upload.query"
    resource = request.path.removeprefix(_UPLOAD).removeprefix(_API)
    if "/" in resource:
        return resource.strip("/").replace("/", ".")
    return f"{resource}.{_VERBS.get(request.method, request.method)}"


def _parts(request: SimulatorRequest) -> list[str]:
    if not (parts := request.get_param("part")):
        raise YoutubeApiError("missingRequiredParameter")
    return parts.split(",")


def _select_parts(item: dict[str, Any], request: SimulatorRequest) -> dict[str, Any]:
    names = {"kind", "id", *_parts(request)}
    return {name: value for name, value in item.items() if name in names}


def _page(request: SimulatorRequest, items: Sequence[dict[str, Any]]) -> SimulatorResponse:
    """Return the requested parts on one page of a list; the token of a page is its offset."""
    size, token = request.get_param("maxResults", "5"), request.get_param("pageToken", "0")
    if not size.isdecimal() or int(size) > _MAX_RESULTS or not token.isdecimal():
        raise YoutubeApiError("missingRequiredParameter")
    end = int(token) + int(size)
    answer = {
        "items": [_select_parts(item, request) for item in items[int(token) : end]],
        "pageInfo": {"totalResults": len(items), "resultsPerPage": int(size)},
    }
    return json_response(answer | ({"nextPageToken": str(end)} if end < len(items) else {}))
