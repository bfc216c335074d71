"""Client for the YouTube Data API: uploads, and what belongs to a video.

Each call is recorded in the quota ledger before it is sent, also when it is sent again. A limit
that YouTube reports is recorded, too, so that no process tries again before it ends.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Meta, structs
from requests import Response
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from mediakeep import path_text
from mediakeep.errors import InvalidResponse, NotAuthorised, RequestRefused, WrongChannel
from mediakeep.lookups import transfer
from mediakeep.lookups.http.direct_session import DirectSession
from mediakeep.lookups.http.models import HttpEnvironment, Secret, Service
from mediakeep.lookups.http.retry import RETRY_STATUSES
from mediakeep.lookups.youtube.login import TokenFile
from mediakeep.lookups.youtube.model import (
    VideoMetadata,
    VideoStatus,
    YouTubeChannel,
    build_privacy,
    format_time,
)
from mediakeep.lookups.youtube.quota import INSERT_VIDEO, SERVICE_NAME, QuotaLedger
from mediakeep.outcome import NO_PROGRESS, Progress
from mediakeep.untrusted_files import decode_json

T = TypeVar("T")
_JSON = {"Content-Type": "application/json; charset=UTF-8"}
# Seconds for which a limit holds, by the reason that YouTube gives; None: until midnight there.
_LIMITS = {
    "quotaExceeded": None,
    "dailyLimitExceeded": None,
    "uploadLimitExceeded": 86_400.0,
    "rateLimitExceeded": 60.0,
    "userRateLimitExceeded": 60.0,
    "HTTP status 429": 60.0,
}
# The limit of uploads a day is reported as rateLimitExceeded, too, with the status 429 and this in
# its message (github.com/googleapis/google-api-python-client/issues/2753).
_OF_A_DAY = "per day"
_PAGE_SIZE = 50  # the most that YouTube returns, or takes
_MARGIN = timedelta(days=1)  # for clocks of YouTube that differ
_MUTABLE_STATUS = (
    *("containsSyntheticMedia", "embeddable", "license"),
    *("publicStatsViewable", "selfDeclaredMadeForKids"),
)


class _Resource(msgspec.Struct, rename="camel"):
    """A resource of the API, of any kind."""

    id: Annotated[str, Meta(min_length=1)]
    snippet: dict[str, Any] = {}
    status: dict[str, Any] = {}
    content_details: dict[str, Any] = {}


class _ResourcePage(msgspec.Struct, rename="camel"):
    items: list[_Resource] = []
    next_page_token: str = ""


class YouTubeClient:
    """Client for the channel of a token.

    All methods may raise LimitReached, RequestRefused, NotAuthorised, Outage or ServiceFailed.
    Channels other than `channel_id` are refused; by default, all but the first one.
    """

    def __init__(
        self,
        service: Service,
        ledger: QuotaLedger,
        token: TokenFile,
        state_dir: Path,
        environment: HttpEnvironment | None = None,
        *,
        channel_id: str = "",
        chunk_size: int = transfer.DEFAULT_CHUNK,
    ) -> None:
        service = structs.replace(service, secret=token.get_secret())
        self._session = DirectSession(
            service,
            state_dir,
            environment,
            renew=partial(token.get_secret, fresh=True),
            retry_statuses=RETRY_STATUSES - {429},  # a limit, which may last a day
        )
        self._ledger, self._channel_id, self._chunk_size = ledger, channel_id, chunk_size
        self._host, self._date = service.host, ""

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get_channel(self) -> YouTubeChannel:
        """Return the channel of the token; raise WrongChannel if another one is used."""
        for channel in self._list("channels", part="snippet,contentDetails,status", mine="true"):
            self._channel_id = self._channel_id or channel.id
            if self._channel_id != channel.id:
                raise WrongChannel(channel.id, self._channel_id)
            uploads = channel.content_details.get("relatedPlaylists", {}).get("uploads", "")
            long_uploads = channel.status.get("longUploadsStatus", "")
            return YouTubeChannel(
                channel.id, channel.snippet.get("title", ""), uploads, long_uploads
            )
        hint = "Create one at https://www.youtube.com, or log in with another account."
        raise NotAuthorised("the account has no channel", hint)

    def get_time(self) -> str:
        """Return the time of the last response by YouTube's clock, in UTC, or "" if unknown."""
        with contextlib.suppress(ValueError):
            return format_time(parsedate_to_datetime(self._date))
        return ""

    def find_upload(self, marker: str, since: str = "") -> str:
        """Return the id of the channel's video with a marker line in its description, or "".

        The hash in it may be another one: the episode may have been converted again since. Videos
        that are still processed count, unlike in a search.

        `since` begins with what `get_time` returned before the video was sent. The newest uploads
        are listed first, so the search ends after a whole page of videos that are older. No video
        gets an earlier time when it is published.
        """
        playlist = {"playlistId": self.get_channel().uploads_playlist}
        first, older = "", 0
        with contextlib.suppress(ValueError):
            first = format_time(datetime.fromisoformat(since.partition(" ")[0]) - _MARGIN)
        # Before the first upload, there is no such playlist.
        for entry in self._list("playlistItems", "playlistNotFound", part="snippet", **playlist):
            lines = str(entry.snippet.get("description")).splitlines()
            if marker.rpartition(" ")[0] in (line.rpartition(" ")[0] for line in lines):
                return str(entry.snippet["resourceId"]["videoId"])
            is_older = "" < str(entry.snippet.get("publishedAt", "")) < first
            older = older + 1 if is_older else 0
            if older == _PAGE_SIZE:
                break
        return ""

    def open_upload(self, metadata: VideoMetadata, source: transfer.UploadSource) -> Secret:
        """Open an upload session for a video; record its URI before `send_upload`.

        Raise WrongChannel as `get_channel` does.
        """
        self.get_channel()  # the token file may have been replaced meanwhile
        query = "uploadType=resumable&part=snippet,status&notifySubscribers=false"
        return transfer.open_upload(
            partial(self._exchange, INSERT_VIDEO),
            self._session.service,
            f"{self._host}/upload/youtube/v3/videos?{query}",
            msgspec.json.encode(metadata.build_json()),
            source,
            "video/mp4",
        )

    def send_upload(
        self, uri: Secret, source: transfer.UploadSource, progress: Progress = NO_PROGRESS
    ) -> str:
        """Send what is missing of a video, and return its id; see `transfer.send_upload`."""
        exchange = partial(self._exchange, "")
        reply = transfer.send_upload(exchange, uri, source, self._chunk_size, progress)
        return self._decode(reply, _Resource).id

    def get_statuses(self, video_ids: Sequence[str]) -> dict[str, VideoStatus]:
        """Return the status of those of the videos that exist, by id."""
        groups = [video_ids[at : at + _PAGE_SIZE] for at in range(0, len(video_ids), _PAGE_SIZE)]
        return {
            video.id: msgspec.convert(video.status, VideoStatus)
            for ids in groups
            for video in self._list("videos", part="status", id=",".join(ids))
        }

    def schedule_video(self, video_id: str, publish_at: datetime) -> None:
        """Set when a private video is published; the rest of its status is kept.

        A video that is not private was published by its user meanwhile, and is not changed.
        """
        video = next(self._list("videos", part="status", id=video_id), None)
        if not video:
            text = f"the video {path_text.to_printable(video_id)} does not exist"
            raise RequestRefused(SERVICE_NAME, text, "videoNotFound")
        if video.status.get("privacyStatus") == "private":
            kept = {name: video.status[name] for name in _MUTABLE_STATUS if name in video.status}
            body = {"id": video.id, "status": kept | build_privacy(publish_at)}
            self._send_json("videos.update", "PUT", "videos?part=status", body)

    def add_to_playlist(self, video_id: str, playlist_id: str) -> None:
        """Add a video to a playlist, unless it is in it.

        Raise RequestLost without an answer, as a second request could add it twice.
        """
        found = self._list("playlistItems", part="id", playlistId=playlist_id, videoId=video_id)
        if not any(found):
            resource = {"kind": "youtube#video", "videoId": video_id}
            body = {"snippet": {"playlistId": playlist_id, "resourceId": resource}}
            path = "playlistItems?part=snippet"
            self._send_json("playlistItems.insert", "POST", path, body, once=True)

    def set_thumbnail(self, video_id: str, picture: bytes, media: str = "image/jpeg") -> None:
        """Set the picture of a video; YouTube takes at most 2 MB."""
        url = f"{self._host}/upload/youtube/v3/thumbnails/set?uploadType=media&videoId={video_id}"
        headers = {"Content-Type": media}
        self._exchange("thumbnails.set", "POST", url, data=picture, headers=headers)

    def insert_captions(self, video_id: str, language: str, captions: bytes) -> None:
        """Add captions in SRT to a video, unless it has some in this language."""
        url = f"{self._host}/upload/youtube/v3/captions?uploadType=multipart&part=snippet"
        snippet = {"videoId": video_id, "language": language, "name": "", "isDraft": False}
        parts = (
            RequestField("", msgspec.json.encode({"snippet": snippet}), headers=_JSON),
            RequestField("", captions, headers={"Content-Type": "application/octet-stream"}),
        )
        data, kind = encode_multipart_formdata(parts)
        headers = {"Content-Type": kind.replace("form-data", "related")}
        known = "captionExists"
        self._exchange("captions.insert", "POST", url, ignored=known, data=data, headers=headers)

    def _list(self, name: str, ignored: str = "", **parameters: str) -> Iterator[_Resource]:
        """Yield the resources of a list, page by page; none if it is refused as `ignored`."""
        page = _ResourcePage(next_page_token=" ")
        while page.next_page_token:
            query = parameters | {"maxResults": str(_PAGE_SIZE)}
            if token := page.next_page_token.strip():
                query["pageToken"] = token
            url = f"{self._host}/youtube/v3/{name}?{urlencode(query)}"
            response = self._exchange(f"{name}.list", "GET", url, ignored=ignored)
            page = self._decode(response.content, _ResourcePage)
            yield from page.items

    def _send_json(
        self, call: str, method: str, path: str, body: dict[str, Any], *, once: bool = False
    ) -> None:
        url, data = f"{self._host}/youtube/v3/{path}", msgspec.json.encode(body)
        self._exchange(call, method, url, data=data, headers=_JSON, once=once)

    def _exchange(
        self, call: str, method: str, url: str | Secret, *, ignored: str = "", **options: Any
    ) -> Response:
        """Send a request, which counts as `call` unless that is "", and check its response.

        A refusal whose reason is `ignored` is returned as well.
        """
        if call:
            options["before_send"] = partial(self._ledger.record, call)
        response = self._session.exchange(method, url, **options)
        status, self._date = response.status_code, response.headers.get("Date", "")
        if status < 400 or (not call and status in (404, 410)):
            return response
        text, reason = "no message", f"HTTP status {status}"
        with contextlib.suppress(msgspec.DecodeError, LookupError, TypeError):
            error = decode_json(response.content)["error"]
            text = path_text.to_printable(str(error["message"]))
            reason = path_text.to_printable(str(error["errors"][0]["reason"])) or reason
        if reason == ignored:
            return response
        if reason in _LIMITS:
            seconds = None if _OF_A_DAY in text else _LIMITS[reason]
            raise self._ledger.block(call or INSERT_VIDEO, reason, seconds)
        raise RequestRefused(SERVICE_NAME, text, reason, status == 400)

    def _decode(self, content: bytes, kind: type[T]) -> T:
        try:
            return decode_json(content, kind)
        except msgspec.DecodeError as error:
            raise InvalidResponse(SERVICE_NAME, str(error), self._host) from error
