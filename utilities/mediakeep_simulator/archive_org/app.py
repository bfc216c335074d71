"""The simulated archive.org: the scrape API, metadata, and downloads from a data node."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import wave
import zlib
from collections import Counter
from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import msgspec

from mediakeep_simulator.episode_catalogue import ArchiveFile, ArchiveItem
from mediakeep_simulator.http_types import (
    SimulatorHttpError,
    SimulatorRequest,
    SimulatorResponse,
    json_response,
)
from mediakeep_simulator.musicbrainz import query_parser
from mediakeep_simulator.musicbrainz.query_parser import AllOf, AnyOf, QueryNode, QueryRange
from mediakeep_simulator.musicbrainz.search_index import split_words

_SCRAPE_PATH = "/services/search/v1/scrape"
_METADATA, _DOWNLOAD, _NODE = "/metadata/", "/download/", "/7/items/"
ROOTS = (_SCRAPE_PATH, _METADATA, _DOWNLOAD, _NODE)

_MODIFIED = 1_583_000_000  # time of the files
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_NOT_FOUND = SimulatorResponse(404, b"<h1>Item not available</h1>", {"Content-Type": "text/html"})
_SAMPLE_RATE = 8000  # Hz, mono, 16 bits
_WAV_HEADER = 44  # bytes
_MIN_COUNT, _MAX_COUNT, _DEFAULT_COUNT = 100, 10_000, 5_000  # items on a page
_KEYWORD_FIELDS = {"identifier", "collection", "mediatype"}  # which match as a whole
_DEFAULT_FIELDS = ("title", "description", "creator", "subject", "identifier")


class ArchiveOrgApp:
    """Responds to requests for a catalogue of items like archive.org."""

    def __init__(self, items: tuple[ArchiveItem, ...]) -> None:
        self._sorted = sorted(items, key=lambda item: item.identifier)
        self._items = {item.identifier: item for item in items}
        self._revisions: Counter[str] = Counter()

    def replace_file(self, identifier: str, name: str) -> None:
        """Replace the content of a file that is made from its name, as an editor might."""
        self._revisions[f"{identifier}/{name}"] += 1

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Handle one request."""
        path = request.path
        if path == _SCRAPE_PATH:
            try:
                return json_response(scrape_items(self._sorted, request))
            except SimulatorHttpError as refusal:
                body = msgspec.json.encode({"error": refusal.message, "errorType": "Exception"})
                return SimulatorResponse(refusal.status, body)
        if path.startswith(_METADATA):
            item = self._items.get(path.removeprefix(_METADATA))
            return json_response(self._metadata_json(item, request) if item else {})
        root = _DOWNLOAD if path.startswith(_DOWNLOAD) else _NODE
        identifier, _, name = path.removeprefix(root).partition("/")
        item = self._items.get(identifier)
        file = next((file for file in item.files if file.name == name), None) if item else None
        if not item or item.removed or not file or file.missing:
            return _NOT_FOUND
        if file.private:
            return SimulatorResponse(403, b"<h1>Forbidden</h1>", {"Content-Type": "text/html"})
        if root == _DOWNLOAD:
            target = f"http://{request.host}{_NODE}{quote(identifier)}/{quote(name)}"
            return SimulatorResponse(302, b"", {"Location": target})
        return self._send_file(file, f"{identifier}/{name}", request)

    def _metadata_json(self, item: ArchiveItem, request: SimulatorRequest) -> dict[str, Any]:
        if item.removed:
            return {}
        files = [self._file_json(file, item.identifier) for file in item.files]
        return {
            "created": _MODIFIED,
            "d1": request.host,
            "server": request.host,
            "dir": f"{_NODE}{item.identifier}",
            "files": files,
            "files_count": len(files),
            "item_size": sum(int(file["size"]) for file in files),
            "metadata": item.metadata,
        }

    def _file_json(self, file: ArchiveFile, identifier: str) -> dict[str, str]:
        fields = {
            "name": file.name,
            "source": file.source,
            "original": file.original,
            "format": file.format,
            "mtime": str(_MODIFIED),
            "length": file.length,
            "private": "true" if file.private else "",
            **compute_facts(file, self._seed(f"{identifier}/{file.name}")),
        }
        fields["md5"] = file.md5 or fields["md5"]
        return {name: text for name, text in fields.items() if text}

    def _seed(self, key: str) -> str:
        return f"{key}/{self._revisions[key]}"

    def _send_file(
        self, file: ArchiveFile, key: str, request: SimulatorRequest
    ) -> SimulatorResponse:
        """Respond like a data node, with a part if Range and If-Range ask for it (RFC 9110)."""
        seed = self._seed(key)
        facts = compute_facts(file, seed)
        size, modified = (
            int(facts["size"]),
            formatdate(_MODIFIED + self._revisions[key], usegmt=True),
        )
        headers = {
            "Content-Type": "application/octet-stream",
            "Accept-Ranges": "bytes",
            "ETag": f'"{facts["md5"][:8]}-{size:x}"',
            "Last-Modified": modified,
        }
        match = _RANGE.fullmatch(request.headers.get("range", ""))
        condition = request.headers.get("if-range", modified)
        if not match or not any(match.groups()) or condition not in (headers["ETag"], modified):
            return SimulatorResponse(200, read_part(file, seed, 0, size), headers)
        start, end = (int(text) if text else -1 for text in match.groups())
        first, last = (max(0, size - end), size) if start < 0 else (start, end + 1 or size)
        last = min(last, size)
        if first >= last:
            return SimulatorResponse(416, b"", headers | {"Content-Range": f"bytes */{size}"})
        part = read_part(file, seed, first, last)
        where = {"Content-Range": f"bytes {first}-{last - 1}/{size}"}
        return SimulatorResponse(206, part, headers | where)


def read_part(file: ArchiveFile, seed: str, start: int, end: int) -> bytes:
    """Return the bytes of a file from `start` up to `end`."""
    if not file.path:
        return _make_content(file, seed)[start:end]
    with Path(file.path).open("rb") as own:
        own.seek(start)
        return own.read(end - start)


@lru_cache(maxsize=4096)
def compute_facts(file: ArchiveFile, seed: str) -> dict[str, str]:
    """Return the size and the checksums of a file as in its metadata; computed once."""
    data = Path(file.path).read_bytes() if file.path else _make_content(file, seed)
    return {
        "size": str(len(data)),
        "md5": hashlib.md5(data).hexdigest(),
        "sha1": hashlib.sha1(data).hexdigest(),
        "crc32": f"{zlib.crc32(data):08x}",
    }


@lru_cache(maxsize=16)
def _make_content(file: ArchiveFile, seed: str) -> bytes:
    if file.text:
        return file.text.encode()
    if not file.name.endswith(".wav"):
        return Random(seed).randbytes(file.size)
    output = io.BytesIO()
    with wave.open(output, "wb") as audio:
        audio.setparams((1, 2, _SAMPLE_RATE, 0, "NONE", ""))
        audio.writeframes(Random(seed).randbytes(max(0, file.size - _WAV_HEADER) // 2 * 2))
    return output.getvalue()


def scrape_items(items: Sequence[ArchiveItem], request: SimulatorRequest) -> dict[str, Any]:
    """Return a page of the items that match, by identifier; `items` are in that order."""
    count = request.get_param("count") or str(_DEFAULT_COUNT)
    if not count.isdecimal() or not _MIN_COUNT <= int(count) <= _MAX_COUNT:
        raise SimulatorHttpError(400, f"count must be from {_MIN_COUNT} to {_MAX_COUNT}")
    query = query_parser.parse_query(request.get_param("q").replace("*:*", "*") or "*")
    found = [item for item in items if not item.removed and _matches(query, item)]
    if request.get_param("total_only") == "true":
        return {"items": [], "count": 0, "total": len(found)}
    after = _parse_cursor(request.get_param("cursor"))
    rest = [item for item in found if item.identifier > after]
    page = rest[: int(count)]
    fields = request.get_param("fields").split(",")
    rows = [
        {"identifier": item.identifier}
        | {name: item.metadata[name] for name in fields if name in item.metadata}
        for item in page
    ]
    answer = {"items": rows, "count": len(page), "total": len(found)}
    if len(rest) > len(page):
        position = msgspec.json.encode([{"identifier": page[-1].identifier}])
        answer["cursor"] = base64.b64encode(position).decode()
    return answer


def _parse_cursor(cursor: str) -> str:
    """Return the identifier after which a page begins."""
    try:
        return str(msgspec.json.decode(base64.b64decode(cursor))[0]["identifier"]) if cursor else ""
    except (ValueError, TypeError, LookupError) as error:
        raise SimulatorHttpError(400, "Invalid cursor") from error


def _matches(node: QueryNode, item: ArchiveItem) -> bool:
    match node:
        case AnyOf():
            return any(_matches(part, item) for part in node.parts)
        case AllOf():
            return all(_matches(part, item) for part in node.parts) and not any(
                _matches(part, item) for part in node.excluded
            )
        case QueryRange():
            years = [text[:4] for text in _read_field(item, node.field) if text[:4].isdecimal()]
            return any(node.first <= int(year) <= node.last for year in years)
    fields = (node.field,) if node.field else _DEFAULT_FIELDS
    texts = [text for field in fields for text in _read_field(item, field)]
    if node.is_prefix:
        return any(text.casefold().startswith(node.text.casefold()) for text in texts)
    if node.field in _KEYWORD_FIELDS:
        return node.text in texts
    return any(set(split_words(node.text)) <= set(split_words(text)) for text in texts)


def _read_field(item: ArchiveItem, field: str) -> list[str]:
    """Return the values of a field, which may be one or a list; the year is that of the date."""
    known = {**item.metadata, "identifier": item.identifier, "year": item.metadata.get("date", "")}
    value = known.get(field, [])
    return [str(one) for one in (value if isinstance(value, list) else [value])]
