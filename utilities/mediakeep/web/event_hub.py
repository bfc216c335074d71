"""Send events to all clients: one task reads the queues as long as a client listens.

What one reading finds is sent as one chunk. A client that does not read gets no more than a limited
number of chunks in advance; then its stream ends, and it continues with its cursor when it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from http import HTTPStatus

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mediakeep.errors import MediakeepError
from mediakeep.views import events
from mediakeep.views.events import EventReader, QueueEvent
from mediakeep.web import guard, operations, problems
from mediakeep.web.access import Scope
from mediakeep.web.problems import WebError
from mediakeep.web.web_home import WebHome

MAX_CLIENTS = 500
_MAX_WAITING = 200  # chunks of a client, which share their bytes with those of others
_MAX_REPLAYED = 10_000  # events; a client that has missed more reads everything again
_PING_SECONDS = 15.0
_JSON_LINES = "application/x-ndjson"

_Chunk = tuple[bytes, bytes]  # events for a browser, and as lines of JSON


class EventHub:
    """The clients, and the task that reads for them."""

    def __init__(self, web: WebHome) -> None:
        self._web = web
        self._clients: set[asyncio.Queue[_Chunk | None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._stopped = False

    @property
    def client_count(self) -> int:
        return len(self._clients)

    def stop(self) -> None:
        """End all streams; called in the event loop."""
        self._stopped = True
        for client in self._clients:
            _end(client)

    async def answer(self, request: Request) -> Response:
        """Answer a request with a stream of events, from its cursor on."""
        try:
            operations.check_scope(request, Scope.READ)
            if len(self._clients) >= MAX_CLIENTS:
                text = f"{MAX_CLIENTS} clients listen already. Try again later."
                raise WebError(HTTPStatus.SERVICE_UNAVAILABLE, text, {"Retry-After": "30"})
            cursor = request.headers.get("last-event-id") or request.query_params.get("cursor")
            as_lines = _JSON_LINES in request.headers.get("accept", "")
            as_lines = as_lines or request.query_params.get("format") == "jsonl"
            client, missed = await self._add_client(), None
            try:
                missed = await run_in_threadpool(self._read_missed, cursor) if cursor else []
            except ValueError as error:
                raise WebError(HTTPStatus.BAD_REQUEST, f"Invalid cursor: {error}.") from error
            finally:
                if missed is None:  # or the client would be counted for ever
                    self._clients.discard(client)
        except Exception as error:  # noqa: BLE001 - a bug is raised again
            return problems.build_response(request, problems.describe_error(error))
        media = _JSON_LINES if as_lines else "text/event-stream"
        headers = {"X-Accel-Buffering": "no"}
        is_allowed = partial(self._is_allowed, request)
        stream = self._stream(client, missed, is_allowed, as_lines=as_lines)
        return StreamingResponse(stream, media_type=media, headers=headers)

    async def _add_client(self) -> asyncio.Queue[_Chunk | None]:
        """Add a client, which gets all changes from now on."""
        client: asyncio.Queue[_Chunk | None] = asyncio.Queue(_MAX_WAITING)
        async with self._starting:
            reader = None
            if self._task is None or self._task.done():
                reader = await run_in_threadpool(EventReader, self._web.list_folders)
            self._clients.add(client)
            if reader:
                self._task = asyncio.get_running_loop().create_task(self._read(reader))
        return client

    def _is_allowed(self, request: Request) -> bool:
        """Return whether the session or token of a request has not ended."""
        with contextlib.suppress(OSError, MediakeepError):  # the file cannot be read now
            return guard.find_grant(self._web.access, request) is not None
        return True

    def _read_missed(self, cursor: str) -> list[QueueEvent]:
        found = EventReader(self._web.list_folders, cursor).read()
        missed = [event for event in found if event.cursor]
        if len(missed) <= _MAX_REPLAYED:
            return missed
        return [QueueEvent("", events.RESTARTED, missed[-1].cursor)]

    async def _stream(
        self,
        client: asyncio.Queue[_Chunk | None],
        missed: list[QueueEvent],
        is_allowed: Callable[[], bool],
        *,
        as_lines: bool,
    ) -> AsyncIterator[bytes]:
        checked = time.monotonic()
        try:
            yield b"" if as_lines else b"retry: 2000\n\n"
            if missed:
                yield _encode(missed)[as_lines]
            while not self._stopped:
                if time.monotonic() - checked >= _PING_SECONDS:
                    checked = time.monotonic()
                    if not is_allowed():
                        return
                try:
                    async with asyncio.timeout(_PING_SECONDS):
                        chunk = await client.get()
                except TimeoutError:
                    yield b"\n" if as_lines else b": ping\n\n"
                    continue
                if chunk is None:
                    return
                yield chunk[as_lines]
        finally:
            self._clients.discard(client)

    async def _read(self, reader: EventReader) -> None:
        """Read all queues, and give each client what is new, as long as there are clients."""
        while self._clients and not self._stopped:
            if found := await run_in_threadpool(reader.read):
                chunk = _encode(found)
                for client in self._clients:
                    try:
                        client.put_nowait(chunk)
                    except asyncio.QueueFull:
                        _end(client)
            await asyncio.sleep(events.INTERVAL)


def _end(client: asyncio.Queue[_Chunk | None]) -> None:
    """End the stream of a client, even if its queue is full."""
    with contextlib.suppress(asyncio.QueueEmpty):
        while client.full():
            client.get_nowait()
    client.put_nowait(None)


def _encode(found: Sequence[QueueEvent]) -> _Chunk:
    lines = list(map(msgspec.json.encode, found))
    numbers = (f"id: {event.cursor}\n".encode() if event.cursor else b"" for event in found)
    frames = (b"%bdata: %b\n\n" % pair for pair in zip(numbers, lines, strict=True))
    return b"".join(frames), b"\n".join((*lines, b""))
