"""Downloads and uploads that continue where they were cut, in this process or a later one.

Download:

1. The bytes go to TARGET.part, and TARGET.part.json records which file they belong to.
2. Another attempt hashes TARGET.part again, which takes a second for 500 MB: hashlib cannot store
   its state, and what counts is what is on the disk. Then it requests the rest with Range, and with
   If-Range, so that a file that was replaced on the server is sent from its beginning.
3. Size and checksum are verified, TARGET.part is synced and renamed to TARGET. If they differ, it
   is renamed to TARGET.bad instead, and the next attempt begins at byte 0.

Upload (the resumable protocol of developers.google.com/youtube/v3/guides):

1. `open_upload` returns the URI of a session, which must be recorded before `send_upload`. It is a
   secret: whoever has it can write to the upload.
2. `send_upload` asks how many bytes were received, then sends chunk by chunk. After a lost answer
   it asks again, so at most one chunk is sent twice.
3. Before the last chunk, the file is hashed again: if it was changed, the upload is never finished.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import msgspec
from requests import Response

from mediakeep import atomic_files, file_copies, path_text
from mediakeep.errors import (
    DownloadMismatch,
    NotFound,
    RequestLost,
    RequestRefused,
    ServiceFailed,
    TransferCut,
    UploadSessionLost,
    UploadSourceChanged,
)
from mediakeep.lookups.http.adapter import CONNECTION_ERRORS
from mediakeep.lookups.http.direct_session import DirectSession
from mediakeep.lookups.http.models import Secret, Service
from mediakeep.outcome import NO_PROGRESS, Progress
from mediakeep.untrusted_files import read_json

DEFAULT_CHUNK = 8 << 20  # bytes; a multiple of 256 KiB, which the protocol demands
_BLOCK = 1 << 16  # bytes; fewer than these are lost if a download is cut
_TRUSTED_DOMAIN = ".googleapis.com"  # other hosts that may hold the sessions of YouTube
_RESUME_INCOMPLETE = 308  # not a permanent redirect here
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_MAX_STUCK = 3  # requests in a row after which no more bytes of an upload were received

Exchange = Callable[..., Response]  # like `DirectSession.exchange`


class RemoteFile(msgspec.Struct, frozen=True):
    """A file on a server, with its size in bytes and its checksum, "" if unknown.

    `algorithm` is a name of hashlib, such as "md5".
    """

    url: str
    size: int
    algorithm: str = ""
    checksum: str = ""


class _PartialRecord(msgspec.Struct, frozen=True):
    """What TARGET.part contains; `validator` is the ETag or the date of the file, or ""."""

    remote: RemoteFile
    validator: str = ""


class _Partial:
    """The open file TARGET.part, its running checksum, and the record of what it contains."""

    def __init__(self, stream: FileIO, record_path: Path, remote: RemoteFile) -> None:
        self._stream, self._record_path, self._remote = stream, record_path, remote
        record = read_json(record_path, _PartialRecord)
        if record and record.remote == remote and remote.checksum:
            stream.seek(0)
            self.digest = hashlib.file_digest(stream, self._create_digest)
            self.size, self.validator = stream.tell(), record.validator
        else:
            self.restart()
        if self.size > remote.size:
            self.restart()

    def restart(self, validator: str = "") -> None:
        """Remove the content, and record the validator of the content that follows."""
        self._stream.truncate(0)
        self.digest, self.size, self.validator = self._create_digest(), 0, validator
        record = msgspec.json.encode(_PartialRecord(self._remote, validator))
        atomic_files.write_atomic(self._record_path, record)

    def append(self, block: bytes) -> None:
        try:
            atomic_files.write_all(self._stream.fileno(), block)
        except OSError as error:
            error.filename = self._stream.name  # which volume is full
            raise
        self.digest.update(block)
        self.size += len(block)

    def _create_digest(self) -> hashlib._Hash:
        return hashlib.new(self._remote.algorithm or "md5", usedforsecurity=False)


def name_mismatch(target: Path) -> Path:
    """Return where a download is kept whose checksum is wrong."""
    return target.with_name(f"{target.name}.bad")


def count_missing_bytes(target: Path, size: int) -> int:
    """Return how many bytes of a file of a size are still to be downloaded."""
    if target.is_file() and target.stat().st_size == size:
        return 0
    part = target.with_name(f"{target.name}.part")
    return max(1, size - (part.stat().st_size if part.is_file() else 0))


def download_file(
    session: DirectSession, remote: RemoteFile, target: Path, progress: Progress = NO_PROGRESS
) -> None:
    """Download a file, and continue an earlier download of it.

    A partial file without a known checksum is not continued, because damage would not be noticed.
    Raise TransferCut, DownloadMismatch, NotFound, RequestRefused, Outage or ServiceFailed, or
    OSError with the path if it cannot be written.
    """
    part, record = (
        target.with_name(f"{target.name}{suffix}") for suffix in (".part", ".part.json")
    )
    atomic_files.make_folder(part.parent)
    with part.open("ab+", buffering=0) as stream:
        content = _Partial(stream, record, remote)
        if content.size < remote.size:
            _receive(session, content, remote, target.name, progress)
        if content.size < remote.size:
            raise TransferCut(target.name, content.size, remote.size)
        atomic_files.sync_file(stream.fileno())
    checksum = content.digest.hexdigest()
    is_equal = remote.checksum in ("", checksum)
    part.replace(target if is_equal else name_mismatch(target))
    record.unlink(missing_ok=True)
    atomic_files.sync_folder(target.parent)
    if not is_equal:
        why = f"its checksum is {checksum} instead of {remote.checksum}"
        raise DownloadMismatch(target.name, why)


def _receive(
    session: DirectSession, content: _Partial, remote: RemoteFile, name: str, progress: Progress
) -> None:
    """Append what is missing to a partial file, until the connection ends."""
    headers = {"Range": f"bytes={content.size}-"} if content.size else {}
    if content.size and content.validator:
        headers["If-Range"] = content.validator
    service = session.service.name
    response = session.exchange("GET", remote.url, headers=headers, stream=True)
    with contextlib.closing(response):
        status, span = (
            response.status_code,
            _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "")),
        )
        if status == 404:
            raise NotFound(service, remote.url)
        if status not in (200, 206, 416):  # what was received is kept
            raise RequestRefused(service, response.reason or "no reason", f"HTTP status {status}")
        if status == 200:
            tag = response.headers.get("ETag", "")  # a weak one does not do: RFC 9110, 13.1.5
            content.restart(tag if tag[:1] == '"' else response.headers.get("Last-Modified", ""))
        elif not span or int(span[1]) != content.size:
            content.restart()
            raise ServiceFailed(service, f"HTTP status {status} instead of the rest of {name}")
        total = span[2] if span else response.headers.get("Content-Length", "")
        if total.isdecimal() and int(total) != remote.size:
            content.restart()
            raise DownloadMismatch(name, f"it has {total} bytes instead of {remote.size}")
        for block in _iterate_body(response):
            content.append(block)
            if content.size > remote.size:
                content.restart()
                raise DownloadMismatch(name, f"it has more than {remote.size} bytes")
            progress(content.size, remote.size, may_stop=True)


def _iterate_body(response: Response) -> Iterator[bytes]:
    """Iterate over the body of a response; it ends where the connection was cut."""
    with contextlib.suppress(*CONNECTION_ERRORS):
        yield from response.iter_content(_BLOCK)


class UploadSource(msgspec.Struct, frozen=True):
    """A file to upload, as it was when its upload was opened."""

    path: str
    size: int
    mtime_ns: int
    sha256: str

    @classmethod
    def from_file(cls, path: Path, sha256: str = "") -> Self:
        """Return the facts of a file; it is hashed if its hash is not known."""
        with path.open("rb") as stream:
            facts, handle = os.fstat(stream.fileno()), stream.fileno()
            digest = sha256 or file_copies.file_sha256(handle)
        return cls(str(path), facts.st_size, facts.st_mtime_ns, digest)

    @property
    def name(self) -> str:
        """The name of the file, for messages."""
        return path_text.to_printable(Path(self.path).name)

    def check(self, handle: int, *, reads_all: bool) -> None:
        """Raise UploadSourceChanged if the file was changed; with `reads_all`, compare its hash."""
        facts = os.fstat(handle)
        is_same = (facts.st_size, facts.st_mtime_ns) == (self.size, self.mtime_ns)
        if not is_same or (reads_all and file_copies.file_sha256(handle) != self.sha256):
            raise UploadSourceChanged(self.name)


def open_upload(
    exchange: Exchange, service: Service, url: str, body: bytes, source: UploadSource, media: str
) -> Secret:
    """Open an upload session for a file of the type `media`, and return its URI.

    `body` is the JSON that describes the file. Raise what `exchange` raises, or ServiceFailed.
    """
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "X-Upload-Content-Length": str(source.size),
        "X-Upload-Content-Type": media,
    }
    response = exchange("POST", url, data=body, headers=headers, allow_redirects=False)
    parts, host = urlsplit(response.headers.get("Location", "")), urlsplit(service.host)
    is_trusted = parts.scheme == "https" and (parts.hostname or "").endswith(_TRUSTED_DOMAIN)
    if not (is_trusted or (parts.scheme, parts.netloc) == (host.scheme, host.netloc)):
        raise ServiceFailed(service.name, f"no upload session (HTTP status {response.status_code})")
    return Secret(parts.geturl(), "an upload session")


def send_upload(
    exchange: Exchange,
    uri: Secret,
    source: UploadSource,
    chunk_size: int = DEFAULT_CHUNK,
    progress: Progress = NO_PROGRESS,
) -> bytes:
    """Send what is missing of a file, and return the response to its last byte.

    That is also the response for an upload that was finished before. Raise UploadSessionLost,
    UploadSourceChanged, TransferCut, or what `exchange` raises.
    """

    def put(span: str, data: bytes = b"", *, once: bool = False) -> int | bytes:
        headers = {"Content-Range": f"bytes {span}/{source.size}"}
        response = exchange(
            "PUT", uri, data=data, headers=headers, once=once, allow_redirects=False
        )
        if response.status_code in (404, 410):
            raise UploadSessionLost(source.name)
        if response.status_code != _RESUME_INCOMPLETE:
            return response.content
        received = re.fullmatch(r"bytes=0-(\d+)", response.headers.get("Range", ""))
        return int(received[1]) + 1 if received else 0

    with Path(source.path).open("rb") as stream:
        state, received, stuck = put("*"), -1, 0
        while isinstance(state, int):
            stuck = 0 if state > received else stuck + 1
            received = max(state, received)
            if stuck == _MAX_STUCK:
                raise TransferCut(source.name, received, source.size)
            progress(state, source.size, may_stop=True)
            data = os.pread(stream.fileno(), chunk_size, state)
            end = state + len(data)
            source.check(stream.fileno(), reads_all=end >= source.size)
            try:
                state = put(f"{state}-{end - 1}", data, once=True) if data else put("*")
            except RequestLost:
                state = put("*")
    return state
