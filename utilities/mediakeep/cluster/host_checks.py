"""Check that a Dask worker can do the work of a batch: versions, folders and child processes."""

from __future__ import annotations

import contextlib
import fcntl
import multiprocessing
import secrets
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import msgspec

from mediakeep import __version__, path_text
from mediakeep.cluster import path_map
from mediakeep.errors import BadSetting, UsageError
from mediakeep.queue_host_client import CALLS, HostAddress, connect

# What decides the bytes that a worker writes, and whether its results can be read here.
_PACKAGES = ("av", "distributed", "lameenc", "msgspec", "mutagen", "pillow")

_PROBE = ".mediakeep-probe-"
_LOCK = ".lock"  # of a second file: on some file systems nobody else can read a locked one
_OLD_PROBE = 7 * 86400.0  # seconds; a batch may take days
_NEW_PROBE = 60.0  # seconds; a younger file may not be locked yet


class HostRequirements(msgspec.Struct, frozen=True):
    """What a host must have: versions by name, and folders, each with the text of its probe file.

    The folders are those of the queue's host, escaped. `queue_host` is where that serves the
    others; None if they are processes of it.
    """

    versions: Mapping[str, str]
    probes: Mapping[str, str]
    probe_name: str
    queue_host: HostAddress | None = None

    @property
    def folders(self) -> list[str]:
        """The folders, escaped."""
        return [*self.probes]


class HostReport(msgspec.Struct, frozen=True):
    """A host, and why it cannot be used, as a clause; "" if it can."""

    host: str
    problem: str = ""


def read_versions() -> dict[str, str]:
    """Return the versions that the hosts of a batch must share; a missing package has ""."""
    python = ".".join(map(str, sys.version_info[:2]))
    versions = {"mediakeep": __version__, "Python": python}
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


@contextlib.contextmanager
def write_probes(folders: Sequence[Path]) -> Iterator[HostRequirements]:
    """Write a file with a random name and text into folders for a `with` block.

    A host that reads other texts sees other folders. Raise UsageError if a file cannot be written.
    """
    name, probes = f"{_own_probes()}-{secrets.token_hex(8)}", {}
    with contextlib.ExitStack() as stack:
        for folder in folders:
            _remove_old_probes(folder)
            text = probes[path_text.escape_path(folder)] = secrets.token_hex(16)
            try:
                stack.enter_context(_write_probe(folder / name, text))
            except OSError as error:
                raise UsageError(
                    f"{path_text.display_path(folder)} cannot be written ({error.strerror}), so no"
                    " other host can be checked. Run without --scheduler."
                ) from error
        yield HostRequirements(read_versions(), probes, name)


def _own_probes() -> str:
    """Return the names of all probe files that this host writes, up to the last hyphen."""
    return f"{_PROBE}{socket.gethostname()}"


@contextlib.contextmanager
def _write_probe(path: Path, text: str) -> Iterator[None]:
    """Write a probe file for a `with` block, and keep its lock file locked."""
    lock_path = _name_lock(path)
    with lock_path.open("x") as lock:
        try:
            with contextlib.suppress(OSError):  # not all file systems have locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            with path.open("x") as probe:
                probe.write(text)
            yield
        finally:
            for each in (path, lock_path):
                with contextlib.suppress(OSError):
                    each.unlink()


def _name_lock(path: Path) -> Path:
    """Return the lock file of a probe file, or of itself."""
    return path.with_name(path.name.removesuffix(_LOCK) + _LOCK)


def _remove_old_probes(folder: Path) -> None:
    """Remove the files that killed batches have left.

    A running batch of this host keeps its lock files locked; the files of other hosts, whose locks
    may not be visible, are removed after a week.
    """
    for path in folder.glob(f"{_PROBE}*"):
        with contextlib.suppress(OSError):
            is_own = path.name.rpartition("-")[0] == _own_probes()
            age = time.time() - path.stat().st_mtime
            if age > (_NEW_PROBE if is_own else _OLD_PROBE) and not (is_own and _is_locked(path)):
                path.unlink()


def _is_locked(path: Path) -> bool:
    """Return whether the batch that has written a probe file may be running."""
    try:
        with _name_lock(path).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, FileNotFoundError)
    return False


def check_host(requirements: HostRequirements) -> HostReport:
    """Check this host, which runs a Dask worker; called there."""
    host = socket.gethostname()
    try:
        folders = path_map.read_map()
    except BadSetting as error:
        return HostReport(host, f"{error}")
    problem = (
        _compare_versions(requirements.versions)
        or _check_processes()
        or _check_folders(requirements, folders)
        or _check_queue_host(requirements.queue_host)
    )
    return HostReport(host, problem)


def _compare_versions(wanted: Mapping[str, str]) -> str:
    versions = read_versions()
    for name in {**wanted, **versions}:
        here, there = versions.get(name, "none"), wanted.get(name, "none")
        if here != there:
            return f"it has {name} {here}, and this host {there}: install the same version"
    return ""


def _check_processes() -> str:
    if not multiprocessing.current_process().daemon:
        return ""
    return (
        "its Dask worker may not start processes: start it with"
        " DASK_DISTRIBUTED__WORKER__DAEMON=False"
    )


def _check_folders(requirements: HostRequirements, pairs: Mapping[str, str]) -> str:
    for folder, text in requirements.probes.items():
        place = Path(path_text.move_path(path_text.unescape_path(folder), pairs))
        probe, shown = place / requirements.probe_name, path_text.display_path(place)
        try:
            if probe.read_text() != text:
                return f"{shown} is another folder there"
        except OSError:
            return f"{shown} is not the same folder there: mount it, or set {path_map.VARIABLE}"
        try:
            own = place / f"{requirements.probe_name}-{secrets.token_hex(4)}"
            own.touch(exist_ok=False)
            own.unlink()
        except OSError as error:
            return f"{shown} cannot be written there ({error.strerror})"
    return ""


def _check_queue_host(address: HostAddress | None) -> str:
    """Check that calls reach the host of the queue, if the work needs that."""
    if address is None or not address.home:
        return ""
    try:
        with connect(address, CALLS):
            return ""
    except OSError as error:
        return (
            f"it cannot connect to {address.host}:{address.port}, where the batch is"
            f" ({error}): allow connections from it"
        )
