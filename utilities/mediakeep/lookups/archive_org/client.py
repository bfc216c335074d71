"""Client for archive.org: search pages, and the metadata of items.

Searches use the scrape API, whose cursor continues after any number of items (archive.org/help/
aboutsearch.htm). Metadata is described in archive.org/developers/md-read.html.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import quote

import msgspec

from mediakeep.errors import InvalidResponse, UnusableItem
from mediakeep.lookups.archive_org import choose_files
from mediakeep.lookups.archive_org.choose_files import ItemFile
from mediakeep.lookups.http.direct_session import DirectSession
from mediakeep.lookups.transfer import RemoteFile
from mediakeep.path_text import to_printable
from mediakeep.untrusted_files import decode_json

SERVICE_NAME = "archive.org"
PAGE_SIZE = 1000  # items of a search page; at least 100
_LINE_END = re.compile(r"<(?:br|/p|/div|/li|/h\d)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_IDENTIFIER = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,100}")


class SearchPage(msgspec.Struct, frozen=True):
    """A page of search results; `cursor` requests the next page, "" if there is none.

    `invalid` are identifiers that cannot be part of URLs and file names.
    """

    identifiers: tuple[str, ...]
    cursor: str
    invalid: tuple[str, ...] = ()


class ArchiveEpisode(msgspec.Struct, frozen=True):
    """What an item says about its episode, as plain text.

    `date` is YYYY-MM-DD, or "" if unknown.
    """

    identifier: str
    title: str
    date: str
    description: str
    audio: ItemFile
    transcript: ItemFile | None
    picture: ItemFile | None


class ArchiveClient:
    """Client for archive.org; all methods may raise InvalidResponse, Outage or ServiceFailed."""

    def __init__(self, session: DirectSession) -> None:
        self._session, self._host = session, session.service.host

    def search(self, query: str, cursor: str = "") -> SearchPage:
        """Return a page of the items that a query finds, ordered by identifier."""
        url = f"{self._host}/services/search/v1/scrape?fields=identifier&count={PAGE_SIZE}"
        page = self._fetch(
            f"{url}&q={quote(query)}" + (f"&cursor={quote(cursor)}" if cursor else "")
        )
        items = page.get("items")
        names = [item.get("identifier") for item in items] if isinstance(items, list) else []
        invalid = tuple(to_printable(str(name)) for name in names if not is_identifier(name))
        found, cursor = tuple(filter(is_identifier, names)), str(page.get("cursor") or "")
        return SearchPage(found, cursor, invalid)

    def search_collection(self, name: str, cursor: str = "") -> SearchPage:
        """Return a page of the items of a collection."""
        return self.search(f"collection:{_check_identifier(name)}", cursor)

    def get_episode(self, identifier: str, file_name: str = "") -> ArchiveEpisode:
        """Return the episode of an item, with the audio file `file_name` or the one to be used.

        Raise UnusableItem if it does not exist, is not public, or has no such file or several.
        """
        item = self._fetch(f"{self._host}/metadata/{_check_identifier(identifier)}")
        facts, files = item.get("metadata"), item.get("files")
        if not isinstance(facts, dict) or not isinstance(files, list) or item.get("is_dark"):
            why = "it is not public" if item.get("is_dark") else "it does not exist"
            raise UnusableItem(identifier, why, choose_files.LEAVE_OUT)
        parsed = choose_files.parse_files(files)
        audio = choose_files.choose_audio(identifier, parsed, file_name)
        usable = [file for file in parsed if not file.private]
        title = _join_text(facts.get("title"))
        return ArchiveEpisode(
            identifier,
            title=title,
            date=choose_files.find_date(_join_text(facts.get("date")), title),
            description=strip_html(_join_text(facts.get("description"))),
            audio=audio,
            transcript=choose_files.choose_transcript(usable, audio),
            picture=choose_files.choose_picture(usable),
        )

    def build_remote(self, identifier: str, file: ItemFile) -> RemoteFile:
        """Return the download of a file of an item."""
        algorithm = "md5" if file.md5 else "sha1" if file.sha1 else ""
        url = f"{self._host}/download/{_check_identifier(identifier)}/{quote(file.name)}"
        return RemoteFile(url, file.size, algorithm, file.md5 or file.sha1)

    def _fetch(self, url: str) -> dict[str, Any]:
        """Return a JSON object; raise InvalidResponse if the response is something else."""
        response = self._session.exchange("GET", url)
        try:
            data: Any = decode_json(response.content)
            status = response.status_code
            problem = data.get("error") or (status != 200 and f"HTTP status {status}")
        except (msgspec.DecodeError, AttributeError) as error:
            raise InvalidResponse(SERVICE_NAME, f"no JSON object: {error}", url) from error
        if problem:
            raise InvalidResponse(SERVICE_NAME, to_printable(str(problem)), url)
        return dict(data)


def is_identifier(text: object) -> bool:
    """Return whether a text can be the identifier of an item; it is part of URLs and file names."""
    return isinstance(text, str) and bool(_IDENTIFIER.fullmatch(text))


def strip_html(text: str) -> str:
    """Return the text of a description, which may be HTML; ends of paragraphs become new lines."""
    lines = html.unescape(_TAG.sub("", _LINE_END.sub("\n", text))).splitlines()
    return "\n".join(map(str.strip, lines)).strip()


def _check_identifier(text: str) -> str:
    if not is_identifier(text):
        hint = 'Use letters, digits, ".", "_" and "-" only, and no "..".'
        raise UnusableItem(to_printable(text), "its identifier is invalid", hint)
    return text


def _join_text(value: object) -> str:
    """Return a field of the metadata as text: it may be missing, a text, or a list of texts."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")
