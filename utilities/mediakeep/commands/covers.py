"""Pictures that a person wants as the front covers of albums, as orders."""

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

_FRONT = 3  # as ID3 counts the types of pictures


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of the JSON list: the folder of an album, and the picture for it."""

    album: str
    image: str


@dataclass
class Covers:
    """The covers that one command embeds: what is ordered, and what is doubtful about it."""

    account: Account
    skip_existing: bool
    ignored: tuple[str, ...] = ()  # patterns of files that scans pass over
    orders: Orders = field(default_factory=Orders)
    doubts: list[str] = field(default_factory=list)

    def add(self, album: Path, image: Path, reason: str = wording.BY_HAND) -> None:
        """Order a picture for the tracks of an album; UsageFailed where that cannot be."""
        size = _size(image)
        if not all(size):
            self.doubts.append(f"{targets.shown(image)} does not tell its size: is it whole?")
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
        """Look the cover of an album up, order it, and tell of it; the errors of `look_up`."""
        from mediakeep.commands import origins  # only here: loading it takes its time

        found = origins.look_up(home, album, size, access)
        self.account.notes.append(f"{found.told}.")
        self.add(album, found.image, f"{wording.BY_HAND}: front cover of the {found.front}")

    def add_list(self, path: Path, finder: Finder) -> None:
        """Order all that a JSON list says; UsageFailed tells everything that is wrong with it."""
        faults = Faults(files.escape(path))
        for where, entry in lists.entries(path, Entry, faults):
            with faults.at(where):
                album, image = finder.find(entry.album), finder.find(entry.image)
                self.add(
                    album, image, f"{wording.BY_HAND}: {files.display_path(path.name)}, {where}"
                )
        faults.refuse()


def _size(image: Path) -> tuple[int, int]:
    """Return width and height of a picture; UsageFailed where it cannot be embedded."""
    try:
        pen.picture(image)
        return pictures.of_file(image)[1:]
    except Unreadable as error:
        raise UsageFailed(f"{error} Nothing was changed.") from error


def _front(some: Iterable[Picture]) -> Picture | None:
    return next((one for one in some if one.type == _FRONT and one.size), None)


def _larger(replaced: Iterable[Picture], image: Path, size: tuple[int, int]) -> list[str]:
    """Say how many covers would be replaced by a smaller one; unknown sizes are not compared."""
    sizes = ((one.width, one.height) for one in replaced)
    larger = Counter(one for one in sizes if all(size) and one[0] * one[1] > size[0] * size[1])
    return [
        f"{targets.shown(image)} has {size[0]} x {size[1]} pixels, and replaces"
        f" {width} x {height} in {page.counted(count, 'file')}."
        for (width, height), count in larger.items()
    ]
