"""Resumable uploads: sessions, chunks, status queries (guides/using_resumable_upload_protocol).

1. POST opens a session; its URI is in Location, with an `upload_id`.
2. PUT sends a chunk, or the whole file; 308 has the range that arrived, none if nothing did.
3. PUT with `Content-Range: bytes */SIZE` asks for that range.
4. The last byte makes the video. A query of a complete session is answered with the video again.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path
from typing import Any

from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse
from mediakeep_simulator.youtube.errors import YoutubeApiError
from mediakeep_simulator.youtube.model import (
    CHUNK_UNIT,
    Channel,
    StoredVideo,
    UploadSession,
)
from mediakeep_simulator.youtube.state_store import UPLOADS, YoutubeState

RECEIVED = "received/"  # counters of bytes by video

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(-?\d+)|\*)/(\d+|\*)")


class ResumableUploads:
    """Receives the bytes of videos; the incomplete files are in the state folder."""

    def __init__(self, state: YoutubeState) -> None:
        self._state = state
        self._writers: dict[str, SimulatorRequest] = {}  # the latest request by session
        self.outcomes: list[tuple[str, str]] = []  # of the next videos

    def open_session(
        self, request: SimulatorRequest, channel: Channel, resource: dict[str, Any]
    ) -> str:
        """Open a session for a video with this metadata, and return its id."""
        size = request.headers.get("x-upload-content-length", "-1")
        kind = request.headers.get("x-upload-content-type", "video/*")
        if not re.fullmatch(r"-1|\d+", size) or not re.match(r"video/|application/octet-", kind):
            raise YoutubeApiError("mediaBodyRequired")
        upload_id = secrets.token_urlsafe(32)
        self._state.save(
            UploadSession(upload_id, channel.id, resource, int(size), self._state.now())
        )
        return upload_id

    def put(
        self, request: SimulatorRequest, channel: Channel
    ) -> tuple[SimulatorResponse, StoredVideo | None]:
        """Receive a chunk or a query; return the response, and the video if it is complete."""
        session = self._find_session(request.get_param("upload_id"))
        if session.channel != channel.id:
            raise YoutubeApiError("forbidden")
        with self._state.lock:
            self._writers[session.id] = request  # from now on, no older request may write
            path = self._state.folder / UPLOADS / session.id
            kept = self._trim(path, session)
        if video := self._state.find(StoredVideo, session.video):
            self._state.count(RECEIVED + session.video, len(request.body.read_all()))
            return SimulatorResponse(200, b""), video
        size, known = self._check_range(request, session, kept)
        kept += self._receive(request, session, path, known)
        with self._state.lock:
            if kept == size:
                return SimulatorResponse(201, b""), self._finish(session, path)
            kept = self._trim(path, session)
        headers = {"Range": f"bytes=0-{kept - 1}"} if kept else {}
        return SimulatorResponse(308, b"", headers), None

    def _find_session(self, upload_id: str) -> UploadSession:
        session = self._state.find(UploadSession, upload_id)
        if session is None:
            raise YoutubeApiError("notFound")
        if self._state.now() - session.opened > self._state.settings.session_seconds:
            raise YoutubeApiError("sessionExpired")
        return session

    def _check_range(
        self, request: SimulatorRequest, session: UploadSession, kept: int
    ) -> tuple[int, int]:
        """Return the size of the file, -1 if unknown, and how much of a chunk is here already.

        Raise YoutubeApiError if the range is wrong.
        """
        length = request.body.size
        text = request.headers.get("content-range", f"bytes 0-{length - 1}/{length}")
        match = _CONTENT_RANGE.fullmatch(text)
        if not match:
            raise YoutubeApiError("invalidContentRange")
        size = session.size if match[3] == "*" else int(match[3])
        if session.size not in (-1, size):
            raise YoutubeApiError("invalidContentRange")
        if not length:
            return size, 0
        first, last = int(match[1] or -1), int(match[2] or -1)
        is_whole = length == last + 1 - first and (last + 1 == size or length % CHUNK_UNIT == 0)
        if not is_whole or not 0 <= first <= kept or last >= size >= 0:
            raise YoutubeApiError("invalidContentRange")
        return size, kept - first

    def _receive(
        self, request: SimulatorRequest, session: UploadSession, path: Path, known: int
    ) -> int:
        """Append what arrives, except for the `known` bytes; return how many were appended."""
        arrived = 0
        while data := request.body.read():
            with self._state.lock, path.open("ab") as file:
                if self._writers[session.id] is not request:
                    raise YoutubeApiError("backendError")
                self._state.count(RECEIVED + session.video, len(data))
                arrived += file.write(data[known:])
            known -= min(known, len(data))
        return arrived

    def _trim(self, path: Path, session: UploadSession) -> int:
        """Reduce an incomplete file to what the server keeps, and return that number of bytes."""
        if not path.exists():
            return 0
        size = path.stat().st_size
        kept = size if size == session.size else size - size % self._state.settings.kept_bytes
        with path.open("ab") as file:
            file.truncate(kept)
        return kept

    def _finish(self, session: UploadSession, path: Path) -> StoredVideo:
        path.touch()  # an empty file has no chunk
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = path.stat().st_size
        outcome = self.outcomes.pop(0) if self.outcomes else ("processed", "")
        snippet = session.resource.get("snippet", {})
        video = StoredVideo(
            session.video,
            session.channel,
            snippet.get("title", ""),
            digest,
            size,
            self._state.now(),
            snippet,
            session.resource.get("status", {}),
            outcome if size else ("failed", "emptyFile"),
        )
        self._state.save(video)
        path.unlink()
        return video
