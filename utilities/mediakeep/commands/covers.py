"""Front covers to embed into albums, as file edits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.commands import lists, targets, wording
from mediakeep.commands.accounts import Account
from mediakeep.commands.lists import Faults
from mediakeep.commands.orders import Orders
from mediakeep.commands.targets import Finder
from mediakeep.errors import Unexpected, Unreadable, UsageFailed
from mediakeep.lookups.access import Access
from mediakeep.media import file_errors, pictures, tags
from mediakeep.media.reading import Picture
from mediakeep.music import pen
from mediakeep.music.repairs.repair import Embed
from mediakeep.pages import page

_FRONT = 3  # picture type of ID3


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of the JSON list: an album's folder and its image."""

    album: str
    image: str


@dataclass
class Covers:
    """The cover edits of one command, and warnings about them."""

    account: Account
    skip_existing: bool
    ignored: tuple[str, ...] = ()  # ignore patterns
    orders: Orders = field(default_factory=Orders)
    doubts: list[str] = field(default_factory=list)

    def add(self, album: Path, image: Path, reason: str = wording.BY_HAND) -> None:
        """Add an image for the tracks of an album; raise UsageError if it cannot be embedded."""
        size = _size(image)
        if not all(size):
            self.doubts.append(f"{targets.shown(image)} has no readable size; it may be truncated.")
        replaced = []
        for file in targets.album(album, self.ignored):
            try:
                with file_errors.as_file_error(file):
                    front = _front(tags.read(file).tags.pictures)
            except (Unexpected, Unreadable) as error:
                self.account.fail(file, error)
                continue
            if self.skip_existing and front and front.seen:
                self.account.left_out += 1
                continue
            self.orders.add(file, [Embed(files.escape(image), reason)])
            replaced += [front] if front else []
        self.doubts += _larger(replaced, image, size)

    def add_found(self, home: Path, album: Path, size: str, access: Access) -> None:
        """Look up the cover of an album and add it; raise the errors of `find_album_cover`."""
        from mediakeep.commands import origins  # here, as importing it is slow

        source = origins.look_up(home, album, size, access)
        self.account.notes.append(f"{source.told}.")
        self.add(album, source.image, f"{wording.BY_HAND}: front cover of the {source.front}")

    def add_list(self, path: Path, finder: Finder) -> None:
        """Add all entries of a JSON list; raise UsageError with all errors in it."""
        errors = Faults(files.escape(path))
        for where, entry in lists.entries(path, Entry, errors):
            with errors.at(where):
                album, image = finder.find(entry.album), finder.find(entry.image)
                self.add(
                    album, image, f"{wording.BY_HAND}: {files.display_path(path.name)}, {where}"
                )
        errors.refuse()


def _size(image: Path) -> tuple[int, int]:
    """Return width and height of an image; raise UsageError if it cannot be embedded."""
    try:
        pen.picture(image)
        return pictures.of_file(image)[1:]
    except Unreadable as error:
        raise UsageFailed(f"{error} Nothing was changed.") from error


def _front(images: Iterable[Picture]) -> Picture | None:
    return next((image for image in images if image.type == _FRONT and image.size), None)


def _larger(replaced: Iterable[Picture], image: Path, size: tuple[int, int]) -> list[str]:
    """Return warnings about larger covers that are replaced; unknown sizes are not compared."""
    sizes = ((cover.width, cover.height) for cover in replaced)
    larger = Counter(
        cover for cover in sizes if all(size) and cover[0] * cover[1] > size[0] * size[1]
    )
    return [
        f"{targets.shown(image)} has {size[0]} x {size[1]} pixels and replaces"
        f" {width} x {height} in {page.counted(count, 'file')}."
        for (width, height), count in larger.items()
    ]
