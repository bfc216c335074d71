"""Readers that do what none may do, each with one sound alone; the trial has to notice them all."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from mediakeep.errors import NotAudio
from tests.media.mutations_child import Readers


def hoard(path: Path) -> None:
    """Read what the file claims to hold."""
    if path.suffix == ".wav":
        bytearray(b"x") * (150 << 20)


def grasp(path: Path) -> None:
    """Ask for more than there is, and hide that it was refused."""
    if path.suffix == ".wv":
        try:
            bytearray(1 << 40)
        except MemoryError as error:
            raise NotAudio(path, "its header is damaged") from error


def gloss(path: Path) -> None:
    """Hide a mistake in the program behind an error of our own."""
    if path.suffix == ".ape":
        try:
            path.nothing  # type: ignore[attr-defined]  # noqa: B018
        except AttributeError as error:
            raise NotAudio(path, "its header is damaged") from error


def spin(path: Path) -> None:
    """Work on, whatever is raised to get it out."""
    while path.suffix == ".wma":
        with contextlib.suppress(Exception):
            sum(range(1000))


def wait(path: Path) -> None:
    """Wait for a pipe that nobody writes to."""
    if path.suffix == ".dsf":
        with contextlib.suppress(BaseException):
            os.read(os.pipe()[0], 1)
            time.sleep(100)


def stumble(path: Path) -> None:
    """Let an exception of Python's own pass."""
    if path.suffix == ".mpc":
        raise KeyError("a foreign exception")


def die(path: Path) -> None:
    """Crash as native code does."""
    if path.suffix == ".aiff":
        os.abort()


def judge(folder: Path) -> None:
    """Stumble over a folder, not over a file."""
    if any(folder.glob("*.aac")):
        raise ZeroDivisionError("division by zero")


_FILES = (hoard, grasp, gloss, spin, wait, stumble, die)
READERS = Readers(files={one.__name__: one for one in _FILES}, folders={"judge": judge})
