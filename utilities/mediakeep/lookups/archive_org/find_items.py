"""Find items of archive.org that can become episodes: a collection, a search, or a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text, untrusted_files
from mediakeep.errors import UnusableItem, UsageError
from mediakeep.item import NewItem
from mediakeep.lookups.archive_org.client import ArchiveClient, SearchPage, is_identifier

_ADDRESSES = ("https://archive.org/details/", "http://archive.org/details/")


class ItemSource(msgspec.Struct, frozen=True):
    """Where items come from: one of these is set. `names` are identifiers, see `read_list`."""

    collection: str = ""
    search: str = ""
    names: tuple[str, ...] = ()
    is_one: bool = False  # a name that the user gave, so that a problem with it is a failure

    @property
    def text(self) -> str:
        """What identifies the source, to continue a search that was killed."""
        return self.search or f"collection:{self.collection}"

    def iter_pages(self, client: ArchiveClient, cursor: str) -> Iterator[SearchPage]:
        """Yield the pages after a cursor; each has the cursor of the next one."""
        while not self.names:
            page = (
                client.search(self.search, cursor)
                if self.search
                else client.search_collection(self.collection, cursor)
            )
            yield page
            if not (cursor := page.cursor):
                return
        yield SearchPage(self.names, "")


def parse_identifier(text: str) -> str:
    """Return the identifier in a text, or an address of archive.org, "" if there is none.

    The name of a file may follow it, after a slash.
    """
    for address in _ADDRESSES:
        text = text.removeprefix(address)
    identifier = text.partition("/")[0]
    return text.strip("/") if is_identifier(identifier) else ""


def read_list(path: Path) -> tuple[str, ...]:
    """Return the identifiers in a file, one a line; raise UsageError, naming the first wrong line.

    The name of a file of the item may follow after a slash. Empty lines and comments are skipped.
    """
    try:
        text = untrusted_files.read_bytes(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{path_text.display_path(path)} cannot be read: {why}.") from error
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    for number, line in enumerate(lines, 1):
        if line and not parse_identifier(line):
            shown = path_text.to_printable(line[:100])
            raise UsageError(
                f'{path_text.display_path(path)}, line {number}: "{shown}" is no identifier of'
                " archive.org. Use letters, digits, dots, hyphens and underscores."
            )
    return tuple(dict.fromkeys(parse_identifier(line) for line in lines if line))


def build_item(client: ArchiveClient, name: str) -> NewItem:
    """Return the item of an identifier; raise UnusableItem if it has no usable audio."""
    identifier, _, file_name = name.partition("/")
    episode = client.get_episode(identifier, file_name)
    remote = client.build_remote(identifier, episode.audio)
    fields = {
        "title": episode.title or identifier,
        "date": episode.date,
        "audio_name": episode.audio.name,
        "audio_size": remote.size,
        "source_url": remote.url,
        "checksum": f"{remote.algorithm}:{remote.checksum}",
    }
    return NewItem(name=identifier, path=identifier, fields=fields)


def find_new(
    client: ArchiveClient, names: Sequence[str], checksums: dict[str, str], problems: dict[str, str]
) -> list[NewItem]:
    """Return the items of identifiers, and add why others are left out to `problems`.

    `checksums` are those of known items, with their identifiers, and are completed.
    """
    found = []
    for name in names:
        try:
            item = build_item(client, name)
        except UnusableItem as error:
            problems[name] = str(error)
            continue
        checksum = item.fields["checksum"]
        known = checksums.setdefault(checksum, item.path)
        if known == item.path or checksum.endswith(":"):
            found.append(item)
        else:
            problems[name] = f"{name} skipped: it has the same audio as {known}."
    return found
