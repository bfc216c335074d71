"""A tap on the calls that change files: it reports each, before and after it is made.

The product knows nothing of it: the functions of `os` are replaced for a while.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from mediakeep import atomic_files


@dataclass(frozen=True)
class FileCall:
    """A call that changes files or brings changes to the disk."""

    name: str  # of the function in os; "sync" for a file's data, "fsync" for a folder
    path: str
    target: str = ""  # of a rename or a link
    data: bytes = b""
    offset: int = 0  # of a write; a new size; -1 for "at the end"
    flags: int = 0
    mtime: int = 0  # of the file after the call, in ns


CallHook = Callable[[FileCall], None]
CallTest = Callable[[FileCall], bool]
_NAMES = ("open", "close", "write", "pwrite", "ftruncate", "fsync")
_PATHS = ("replace", "link", "unlink", "mkdir")


def ignore(_: FileCall) -> None:
    """Make nothing of a call."""


def named(name: str, which: CallTest) -> CallTest:
    """Choose the calls of one name among others."""
    return lambda call: call.name == name and which(call)


def _find_path(path: Any, options: Mapping[str, Any]) -> str:
    """Return the path of a call, which may be relative to an open folder."""
    name = os.fspath(path)
    folder = options.get("dir_fd")
    return os.path.join(os.path.realpath(f"/dev/fd/{folder}"), name) if folder else name


class Tap:
    """Replaces the functions from `open` to `close`; `real` holds the true ones."""

    real: ClassVar = {name: getattr(os, name) for name in (*_NAMES, *_PATHS)}

    def __init__(self, before: CallHook, after: CallHook = ignore) -> None:
        self._before, self._after = before, after
        self._paths: dict[int, str] = {}
        self._sync_data = atomic_files.sync_data

    def __enter__(self) -> Self:
        for name in self.real:
            setattr(os, name, getattr(self, f"_{name}"))
        atomic_files.sync_data = self._sync
        return self

    def __exit__(self, *_: object) -> None:
        for name, function in self.real.items():
            setattr(os, name, function)
        atomic_files.sync_data = self._sync_data

    def _made(self, call: FileCall, *arguments: Any, **options: Any) -> Any:
        self._before(call)
        result = self.real[call.name](*arguments, **options)
        self._after(call)
        return result

    def _open(self, path: Any, flags: int, mode: int = 0o777, **options: Any) -> int:
        call = FileCall("open", _find_path(path, options), flags=flags)
        handle: int
        if flags & (os.O_CREAT | os.O_TRUNC):
            handle = self._made(call, path, flags, mode, **options)
        else:
            handle = self.real["open"](path, flags, mode, **options)
        self._paths[handle] = call.path
        return handle

    def _close(self, handle: int) -> None:
        self._paths.pop(handle, None)
        self.real["close"](handle)

    def _write(self, handle: int, data: Any) -> int:
        return self._written(
            FileCall("write", self._path(handle), "", bytes(data), -1), handle, data
        )

    def _pwrite(self, handle: int, data: Any, offset: int) -> int:
        call = FileCall("pwrite", self._path(handle), "", bytes(data), offset)
        return self._written(call, handle, data, offset)

    def _written(self, call: FileCall, *arguments: Any) -> int:
        written: int = self._made(call, *arguments)
        return written

    def _ftruncate(self, handle: int, size: int) -> None:
        self._made(FileCall("ftruncate", self._path(handle), offset=size), handle, size)

    def _fsync(self, handle: int) -> None:
        self._made(FileCall("fsync", self._path(handle)), handle)

    def _sync(self, handle: int) -> None:
        call = FileCall("sync", self._path(handle))
        self._before(call)
        self._sync_data(handle)
        self._after(call)

    def _replace(self, source: Any, target: Any, **options: Any) -> None:
        call = FileCall("replace", os.fspath(source), os.fspath(target))
        self._made(call, source, target, **options)

    def _link(self, source: Any, target: Any, **options: Any) -> None:
        self._made(
            FileCall("link", os.fspath(source), os.fspath(target)), source, target, **options
        )

    def _unlink(self, path: Any, **options: Any) -> None:
        self._made(FileCall("unlink", _find_path(path, options)), path, **options)

    def _mkdir(self, path: Any, *arguments: Any, **options: Any) -> None:
        self._made(FileCall("mkdir", os.fspath(path)), path, *arguments, **options)

    def _path(self, handle: int) -> str:
        """Return the path of a handle, which may have been opened before this tap."""
        return self._paths.get(handle) or os.path.realpath(f"/dev/fd/{handle}")
