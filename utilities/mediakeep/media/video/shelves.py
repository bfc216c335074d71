"""The videos that a path stands for: a file, or all below a folder; a copied disc is one."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePath

from mediakeep.media import access
from mediakeep.media.ignoring import IgnoreRules

_DISCS = frozenset({"VIDEO_TS", "BDMV"})


def videos(path: Path, suffixes: Collection[str], ignored: tuple[str, ...] = ()) -> Iterator[Path]:
    """Give a file itself, or of a folder all files that end so, in order; Unreadable if it refuses.

    Of a disc's copy its folder is given. What is hidden or ignored (see `ignoring`) is passed over,
    and no link to a folder is followed.
    """
    if not path.is_dir():
        yield path
        return
    above = {str(path): IgnoreRules.above(path, ignored)}
    for place, folders, names in os.walk(path, onerror=_refused):
        rules = above.pop(place).inside(place)
        if is_disc(Path(place).name, folders):
            folders.clear()
            yield Path(place)
            continue
        folders[:] = [name for name in sorted(folders) if _counts(rules, place, name, folder=True)]
        above |= {f"{place.rstrip('/')}/{name}": rules for name in folders}
        for name in sorted(names):
            fits = PurePath(name).suffix.lower() in suffixes
            if fits and _counts(rules, place, name, folder=False):
                yield Path(place, name)


def _counts(rules: IgnoreRules, place: str, name: str, *, folder: bool) -> bool:
    return not (name.startswith(".") or rules.matches(f"{place}/{name}", folder=folder))


def is_disc(name: str, folders: Collection[str]) -> bool:
    """Tell whether a folder of this name, which holds such folders, is the copy of a disc."""
    return not _DISCS.isdisjoint(map(str.upper, (name, *folders)))


def _refused(error: OSError) -> None:
    raise access.refusal(error.filename or "", error) from error
