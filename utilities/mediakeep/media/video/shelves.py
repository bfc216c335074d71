"""The videos that a path stands for: a file, or all below a folder; a copied disc is one."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePath

from mediakeep.media import access

_DISCS = frozenset({"VIDEO_TS", "BDMV"})


def videos(path: Path, suffixes: Collection[str]) -> Iterator[Path]:
    """Give a file itself, or of a folder all files that end so, in order; Unreadable if it refuses.

    Of a disc's copy its folder is given. What is hidden is passed over, and no link to a folder is
    followed.
    """
    if not path.is_dir():
        yield path
        return
    for place, folders, names in os.walk(path, onerror=_refused):
        if is_disc(Path(place).name, folders):
            folders.clear()
            yield Path(place)
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and PurePath(name).suffix.lower() in suffixes:
                yield Path(place, name)


def is_disc(name: str, folders: Collection[str]) -> bool:
    """Tell whether a folder of this name, which holds such folders, is the copy of a disc."""
    return not _DISCS.isdisjoint(map(str.upper, (name, *folders)))


def _refused(error: OSError) -> None:
    raise access.refusal(error.filename or "", error) from error
