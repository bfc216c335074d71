"""Pictures of what a user sees, to look at: reports, a sitting, and the help of each command.

    python -m tests.screenshots FOLDER

They are not committed. The help of the queues is that of music; those of other kinds are alike.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from mediakeep.commands import main as commands
from tests import pictures
from tests.commands import cinemas, sittings
from tests.commands.conftest import Home
from tests.commands.sittings import SittingTerminal
from tests.views import months, reports

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_OTHER_KINDS = re.compile(r" (movies|albums|audiobooks|episodes) queue ")


def draw(text: str, title: str, columns: int) -> str:
    """Return an SVG of what a terminal shows of a text."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    for line in text.replace("\r", "").split("\n"):
        console.print(Text.from_ansi(line), soft_wrap=False, overflow="fold")
    return console.export_svg(title=title, code_format=pictures.SVG_FORMAT, unique_id="screen")


def shoot(browser: Browser, drawings: Iterable[tuple[str, str]], folder: Path) -> None:
    """Save SVGs as PNGs by their names."""
    page = browser.new_page()
    for name, svg in drawings:
        page.set_content(f"<body style='margin:0'>{svg}</body>")
        width, height = (
            page.evaluate(f"document.querySelector('svg').viewBox.baseVal.{side}")
            for side in ("width", "height")
        )
        page.set_viewport_size({"width": int(width), "height": int(height)})
        page.screenshot(path=folder / f"{name}.png")


def list_helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield the help of a command, and of all below it, as SVGs."""
    title = context.command_path
    yield f"help_{title.replace(' ', '_')}", draw(command.get_help(context), f"{title} --help", 80)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below
            child = click.Context(below, context, name, terminal_width=80)
            if not _OTHER_KINDS.search(f"{child.command_path} "[:-1]):
                yield from list_helps(below, child)


def sit(home: Home, keys: str, columns: int, lines: int, *words: str, **env: str) -> str:
    """Return what a sitting shows, with a key for each question."""
    settings = {"MEDIAKEEP_PROGRAM": "mediakeep", **env}
    with SittingTerminal(home, *words, columns=columns, lines=lines, **settings) as shown:
        asked = shown.await_prompt()
        for key in keys:
            if "q quit" in asked or "[y/N]" in asked:
                asked = shown.press("l" if key == "a" and "a accept" not in asked else key)
        return shown.raw.decode()


def list_sittings(place: Path) -> Iterator[tuple[str, str]]:
    """Yield sittings about music and movies, wide and in a narrow window without colours."""
    for folder in ("music", "movies"):
        (place / folder).mkdir()
    home = sittings.make_home(place / "music")
    yield "sitting", draw(sit(home, "?la" + "a" * 9 + "q", 100, 40), "mediakeep review", 100)
    narrow = sit(home, "laq", 40, 10, NO_COLOR="1", LANG="C")
    yield "sitting_narrow", draw(narrow, "mediakeep review", 40)
    movies, _ = cinemas.made(place / "movies")
    with cinemas.served() as server:
        movies.url, settings = server.url, cinemas.asking(server.url)
        movies.scan()
        assert movies.batch("--all").returncode == 0
        shown = sit(movies, "lllq", 100, 40, "movies", **settings)
    yield "sitting_movies", draw(shown, "mediakeep review movies", 100)


def main() -> None:
    """Draw all into the folder that is named."""
    os.environ["MEDIAKEEP_PROGRAM"] = "mediakeep"  # whose commands are shown
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "week").mkdir()
        made = months.make_history(Path(name) / "week", [f"Artist {n:03}" for n in range(120)])
        pictures.photograph(reports.write(made, "2026-W53")["html"], folder)
        context = click.Context(commands.main, info_name="mediakeep", terminal_width=80)
        with pictures.open_browser() as browser:
            shoot(browser, list_sittings(Path(name)), folder)
            shoot(browser, list_helps(commands.main, context), folder)


if __name__ == "__main__":
    main()
