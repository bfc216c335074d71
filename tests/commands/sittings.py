"""Sittings in a pseudo-terminal, and a home with questions of many kinds."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from mediakeep.app.reviews import questions as question_list
from tests.commands import hands
from tests.commands.conftest import Home, environment
from tests.commands.hands import state
from tests.music import shelf
from tests.vt import Terminal

_PATIENCE = 120.0  # seconds, after which a test is stuck
_PROMPT = re.compile(r"(q quit \? |\[y/N\] |cancel: )$")


def make_home(place: Path) -> Home:
    """Make Vera without an album, a date and a file; Anna without two titles, one after a space."""
    home = hands.library(place)
    dawn = home.music / "Vera" / "Dawn"
    for number, lost in ((1, "album"), (2, "date")):
        own = {"title": f"Tide {number}", "tracknumber": f"{number}/5", "album": "Dawn"}
        fields: dict[str, str | None] = {**own, "artist": "Vera", "albumartist": "Vera", lost: None}
        shelf.put(dawn / f"0{number} Tide {number}.{shelf.FORMATS[number - 1]}", **fields)
    (dawn / "03 Tide 3.mp3").write_bytes(b"")
    anna = {"artist": "Anna", "albumartist": "Anna", "date": "1990"}
    for number in (1, 2):
        own = {"title": None, "tracknumber": f"{number}", "album": "Dusk"}
        shelf.put(home.music / "Anna" / "Dusk" / f"Track 0{number}.flac", **anna, **own)
    shelf.put(home.music / "Anna" / "Noon" / "01 Rise.flac", title=" Rise", album="Noon", **anna)
    shelf.put(home.music / "Anna" / "Noon" / "02 Set.flac", title=" Set", album="Noon", **anna)
    shelf.put(home.music / "Anna" / "Zoo" / "01 Owl.flac", title=" Owl", album="Zoo", **anna)
    return hands.scanned(home)


def restore(home: Home) -> None:
    """Make the home again as `reviewed` of conftest.py made it, for the next row of a test."""
    shutil.rmtree(home.path.parent)
    shutil.copytree(home.path.parent.with_name("copy"), home.path.parent, symlinks=True)


def make_opener(place: Path) -> tuple[str, Path]:
    """Make a program that opens paths, and is noisy; return PATH with it, and where it notes what.

    A machine without a desktop may have xdg-open all the same.
    """
    tools, noted = place / "tools", place / "opened"
    tools.mkdir()
    for name in ("xdg-open", "open"):  # of Linux and of macOS
        (tools / name).write_text(f'#!/bin/sh\necho no browser >&2\necho "$@" | tee {noted}\n')
        (tools / name).chmod(0o755)
    return f"{tools}{os.pathsep}{os.environ['PATH']}", noted


def contents(home: Home) -> dict[str, str]:
    """Return the hash of each file of the library."""
    return {path: digest for path, (digest, _) in state(home.music).items()}


def count_left(home: Home) -> int:
    return len(question_list.read_questions(home.path))


class SittingTerminal(Terminal):
    """A sitting, whose keys are counted."""

    def __init__(
        self, home: Home, *words: object, columns: int = 100, lines: int = 40, **env: str
    ) -> None:
        settings = {"TERM": "xterm-256color", **env}
        super().__init__(home.command("review", *words), environment(settings), columns, lines)
        self.keys = 0

    def await_prompt(self) -> str:
        """Return what was printed up to the next prompt, without line breaks, or to the end."""
        end = time.monotonic() + _PATIENCE
        while not _PROMPT.search(shown := re.sub(r"\s+", " ", self.screen.printed)):
            assert time.monotonic() < end, f"it hangs: {shown}"
            if not self.read():
                break
        self.screen.printed = ""
        return shown

    def press(self, keys: str) -> str:
        """Type keys, and return what is shown up to the next prompt."""
        self.keys += len(keys)
        self.type(os.fsencode(keys))
        return self.await_prompt()
