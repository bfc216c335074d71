"""Start the command of a kind of jobs as a process of its own, which outlives this one.

Its output goes to files in status/web/runs. The first line says which jobs it has added; if it ends
before that, its message is the error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, clock, home_folder, path_text
from mediakeep.errors import ItemFailed, MediakeepError, StateDamaged, UsageError
from mediakeep.kinds import Kind

FOLDER = "status/web/runs"
_KEPT_RUNS = 200
_START_SECONDS, _POLL_SECONDS = 60.0, 0.05
_ERRORS = {2: UsageError, 3: StateDamaged}  # by exit code


class _PreparedLine(msgspec.Struct):
    event: str = ""
    added: tuple[str, ...] = ()
    existing: dict[str, Any] = {}


def find_script(name: str) -> list[str]:
    """Return the command line that starts a script; raise UsageError if it is not installed."""
    checkout = home_folder.find_checkout()
    for folder in (*([checkout / "utilities"] if checkout else ()), *map(Path, sys.path)):
        if (folder / name).is_file():
            return [sys.executable, str(folder / name)]
    installed = name.removesuffix(".py").replace("_", "-")
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    if path := shutil.which(installed, path=places):
        return [path]
    raise UsageError(f"{name} is not installed, so its jobs cannot be started here.")


def start_jobs(home: Path, kind: Kind, words: Sequence[str]) -> list[str]:
    """Start a batch with options, and return the keys of its jobs, both new and existing ones.

    Raise UsageError, StateDamaged or ItemFailed with the message of the command if it fails, and
    ItemFailed if it has not named its jobs within 60 s.
    """
    folder = home / FOLDER
    atomic_files.make_folder(folder)
    _remove_old(folder)
    script, _, queue = kind.batch_script.partition(" ")
    line = [*find_script(script), *queue.split(), "--home", str(home), "--json", *words]
    stem = folder / f"{clock.now():%Y%m%d-%H%M%S}-{os.urandom(4).hex()}"
    with stem.with_suffix(".out").open("xb") as out, stem.with_suffix(".err").open("xb") as err:
        process = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=home, start_new_session=True
        )
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        has_ended = process.poll() is not None
        if keys := _read_keys(stem.with_suffix(".out")):
            return keys
        if has_ended:
            raise _describe_failure(process.returncode, stem.with_suffix(".err"))
        time.sleep(_POLL_SECONDS)
    raise ItemFailed("The command added no jobs within 60 s. Check the list of jobs later.")


def _read_keys(path: Path) -> list[str]:
    first, newline, _ = path.read_bytes().partition(b"\n")
    if not newline:
        return []
    line = msgspec.json.decode(first, type=_PreparedLine)
    return [*line.existing, *line.added]


def _describe_failure(code: int, path: Path) -> MediakeepError:
    text = path.read_text(errors="replace").strip().removeprefix("Error: ")
    lines = [line for line in text.splitlines() if line.strip()]
    message = path_text.to_printable(" ".join(lines[-3:])) or f"The command ended with {code}."
    return _ERRORS.get(code, ItemFailed)(message)


def _remove_old(folder: Path) -> None:
    for path in sorted(folder.iterdir())[: -2 * _KEPT_RUNS]:
        with suppress(OSError):
            path.unlink()
