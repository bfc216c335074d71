"""The pictures of the documentation: python -m tests.pictures draws them.

The dashboard comes from a real run, the report on a week from a made history.

A sample library is made, and a batch works on it; its dashboard, in the middle of that work, is
exported by rich as an SVG.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from rich.console import CONSOLE_SVG_FORMAT, Console

from mediakeep import clock, kinds
from mediakeep.app import home_poller
from mediakeep.commands import media_dashboard
from mediakeep.views.dashboard.render import Dashboard
from mediakeep.views.poller import HomeSnapshot
from mediakeep.views.summary import SummaryContext
from mediakeep_simulator import sample_artists
from tests.needs import find_browser
from tests.views import months, reports

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
ARTISTS, FIRST = 400, 300  # of the library; done before the batch that is looked at
_COLUMNS, _LINES = 120, 36
# Without the fonts, which a browser would load from another server.
SVG_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def svg(snapshot: HomeSnapshot, title: str) -> str:
    """Draw a dashboard; the same snapshot always makes the same picture."""
    console = Console(
        record=True,
        width=_COLUMNS,
        height=_LINES,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
    )
    console.print(Dashboard(snapshot, media_dashboard._FOOTER))
    return console.export_svg(title=title, code_format=SVG_FORMAT, unique_id="dashboard")


def main() -> None:
    """Draw all pictures."""
    PICTURES.mkdir(exist_ok=True)
    folder = Path(tempfile.gettempdir()) / "mediakeep"  # it is seen in the picture
    folder.mkdir()
    try:
        snapshot = _run(folder)
    finally:
        shutil.rmtree(folder)
    title = "The dashboard of mediakeep while a batch runs"
    (PICTURES / "dashboard.svg").write_text(svg(snapshot, title))
    week()


def week() -> None:
    """Write the report on a week, with its pictures, from a made history of eight weeks."""
    names = sorted(artist.name for artist in sample_artists.generate_artists(120, None, Random(1)))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder).resolve()
        # The commands of a user who has installed mediakeep and has set the home.
        os.environ |= {"MEDIAKEEP_PROGRAM": "mediakeep", "MEDIAKEEP_HOME": str(home)}
        made = months.make_history(home, names, "Album/{:0>2} - Song.flac")
        paths = reports.write(made, "2026-W53")
        text = reports.read_report(paths["md"], home)
        for picture in sorted(paths["md"].parent.glob(f"{paths['md'].stem}_*.svg")):
            name = picture.name.replace(f"{paths['md'].stem}_music", "week")
            (PICTURES / name).write_bytes(picture.read_bytes())
            text = text.replace(picture.name, f"pictures/{name}")
        photograph(paths["html"])
    (PICTURES.parent / "a-week.md").write_text(text)


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the browser for a `with` block."""
    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()


def photograph(page: Path, folder: Path = PICTURES) -> None:
    """Save what a browser shows of a report on a screen, on a phone, and on paper."""
    from PIL import Image

    with open_browser() as browser:
        for name, width, media in (
            ("1200", 1200, "screen"),
            ("390", 390, "screen"),
            ("print", 718, "print"),  # A4 within its margins
        ):
            seen = browser.new_page(viewport={"width": width, "height": 600})
            seen.emulate_media(media=media)  # type: ignore[arg-type]
            seen.goto(page.as_uri())
            picture = Image.open(io.BytesIO(seen.screenshot(full_page=True)))
            picture.quantize(48).save(folder / f"report_{name}.png", optimize=True)


def _run(folder: Path) -> HomeSnapshot:
    """Work through a library, and look at it before its last batch is done."""
    music, home = folder / "music", folder / "home"
    home.mkdir()
    kept = {key: text for key, text in os.environ.items() if not key.startswith("MEDIAKEEP_")}
    env = {**kept, "MEDIAKEEP_HOME": str(home)}

    def line(door: str, *words: object) -> list[str]:
        return [sys.executable, str(ROOT / "utilities" / f"{door}.py"), *map(str, words)]

    def run(door: str, *words: object) -> None:
        subprocess.run(line(door, *words), env=env, check=True, stdout=subprocess.DEVNULL)

    run("make_sample_library", music, "--artists", ARTISTS)
    run("music_queue_manager", "--scan", music)
    run("process_music_batch", "--batch-size", FIRST)
    batch = subprocess.Popen(
        line("process_music_batch", "--all"), env=env, stdout=subprocess.DEVNULL
    )
    poller = home_poller.build_home_poller(home, kinds.list_kinds().values())
    snapshot = poller.poll(SummaryContext(clock.now()))
    while not any(
        work.of for queue in snapshot.queues for one in queue.running_sessions for work in one.works
    ):
        assert batch.poll() is None, "the batch has ended unseen"
        time.sleep(0.1)
        snapshot = poller.poll(SummaryContext(clock.now()))
    batch.wait()
    return snapshot


if __name__ == "__main__":
    main()
