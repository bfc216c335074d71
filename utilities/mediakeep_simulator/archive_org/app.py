"""The simulated archive.org: the scrape API, metadata, and downloads from a data node."""

from __future__ import annotations

import re
from collections import Counter
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

import msgspec

from mediakeep_simulator.archive_org import file_content, item_search
from mediakeep_simulator.episode_catalogue import ArchiveFile, ArchiveItem
from mediakeep_simulator.http_types import (
    SimulatorHttpError,
    SimulatorRequest,
    SimulatorResponse,
    json_response,
)

_SCRAPE_PATH = "/services/search/v1/scrape"
_METADATA, _DOWNLOAD, _NODE = "/metadata/", "/download/", "/7/items/"
ROOTS = (_SCRAPE_PATH, _METADATA, _DOWNLOAD, _NODE)

_MODIFIED = 1_583_000_000  # time of the files
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_NOT_FOUND = SimulatorResponse(404, b"<h1>Item not available</h1>", {"Content-Type": "text/html"})


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
                return json_response(item_search.scrape_items(self._sorted, request))
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
            **file_content.compute_facts(file, self._seed(f"{identifier}/{file.name}")),
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
        facts = file_content.compute_facts(file, seed)
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
            return SimulatorResponse(200, file_content.read_part(file, seed, 0, size), headers)
        start, end = (int(text) if text else -1 for text in match.groups())
        first, last = (max(0, size - end), size) if start < 0 else (start, end + 1 or size)
        last = min(last, size)
        if first >= last:
            return SimulatorResponse(416, b"", headers | {"Content-Range": f"bytes */{size}"})
        part = file_content.read_part(file, seed, first, last)
        where = {"Content-Range": f"bytes {first}-{last - 1}/{size}"}
        return SimulatorResponse(206, part, headers | where)
