"""Small trees of files, their contents, and a tap that ends all effect on them at the nth call."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from tests.crash.faults import InterruptingTap, ProcessDied
from tests.crash.tap import FileCall, Tap

UNDECODABLE = os.fsdecode(b"caf\xe9.flac")
FILES = {"CD1/01.flac": b"one" * 40_000, f"CD2/{UNDECODABLE}": b"two" * 1000, "cover.jpg": b""}
Contents = dict[str, bytes | None]


def make_tree(folder: Path, files: dict[str, bytes] = FILES) -> Path:
    """Create files, with old times, and an empty folder."""
    (folder / "empty").mkdir(parents=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
        os.utime(folder / name, ns=(10**18, 10**18 + 7000))
    return folder


def contents(folder: Path) -> Contents:
    """Return the content of each file below a folder, by its path, and None for each folder."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


class DeathTap(InterruptingTap):
    """Also counts the calls that only folders and long files need."""

    real: ClassVar = {
        **Tap.real,
        "rmdir": os.rmdir,
        "utime": os.utime,
        "copy_file_range": os.copy_file_range,
    }

    def _rmdir(self, path: Any, **options: Any) -> None:
        self._made(FileCall("rmdir", os.fspath(path)), path, **options)

    def _utime(self, path: Any, *arguments: Any, **options: Any) -> None:
        self._made(FileCall("utime", str(path)), path, *arguments, **options)

    def _copy_file_range(self, old: int, new: int, *arguments: Any) -> Any:
        return self._made(FileCall("copy_file_range", str(new)), old, new, *arguments)


def die_at_each_call(
    folders: list[Path],
    prepare: Callable[[], object],
    act: Callable[[], object],
    check: Callable[[], object],
) -> int:
    """Do something, ended before its nth call, for each n; return how many n there were.

    Each time, `check` is called after the end, and then all is done again and not ended.
    """
    number = 0
    while True:
        number += 1
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        prepare()
        tap = DeathTap(number, 0.5)
        try:
            with tap:
                act()
        except ProcessDied:
            assert tap.fired
        check()
        act()
        check()
        if not tap.fired:
            return number
