"""The pictures of the documentation: python -m tests.pictures draws them.

The dashboard comes from a real run, the report on a week from a made history.

A sample library is made, a batch works on it and is looked at, in a pseudo-terminal, in the middle
of its work. What the screen shows becomes an SVG: each run of cells of one colour is a text of its
own, held to the width of its cells, so that any monospace font will do.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

from mediakeep.views import display_width
from mediakeep_simulator import sample_artists
from tests.views import months, reports
from tests.vt import Cell, Screen, Terminal

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
ARTISTS, FIRST = 400, 300  # of the library; done before the batch that is looked at
_COLUMNS, _LINES = 120, 36
_WIDE, _HIGH, _EDGE = 8.4, 17, 16  # pixels of a cell, and around the board
_STYLE = """
text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre }
.back { fill: #fbfbf8; stroke: #d5d5cf } text { fill: #22262a }
.i1 { font-weight: bold } .i1-36 { fill: #00707a; font-weight: bold } .i32 { fill: #1d7a33 }
.i33 { fill: #8a5a00 } .i1-31 { fill: #c0202c; font-weight: bold } .i2 { fill: #6a7076 }
@media (prefers-color-scheme: dark) {
.back { fill: #15181b; stroke: #30363b } text { fill: #dfe3e6 }
.i1-36 { fill: #4fc6d0 } .i32 { fill: #63c178 } .i33 { fill: #e0ae55 } .i1-31 { fill: #ff7b80 }
.i2 { fill: #8d959b } }
"""


def svg(screen: Screen, title: str) -> str:
    """Draw what a screen shows; the same cells always make the same picture."""
    width = round(screen.columns * _WIDE + 2 * _EDGE)
    height = screen.lines * _HIGH + 2 * _EDGE
    lines = [piece for number, line in enumerate(screen.cells) for piece in _line(number, line)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="img" aria-label="{escape(title)}">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="back" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>',
            *lines,
            "</svg>\n",
        ]
    )


def _line(number: int, line: list[Cell]) -> Iterator[str]:
    column = 0
    for ink, group in groupby(line, lambda cell: cell[1] if cell[0] else None):
        run = list(group)  # the cell behind a wide character holds nothing, and is a run of its own
        text = "".join(char for char, _ in run)
        if text.strip():
            left = len(text) - len(text.lstrip())
            yield _text(number, column + left, text.strip(), ink or "")
        column += len(run)


def _text(line: int, column: int, text: str, ink: str) -> str:
    x, y = _EDGE + column * _WIDE, _EDGE + line * _HIGH + 13
    name = f' class="i{ink.replace(";", "-")}"' if ink else ""
    long = (
        f' textLength="{display_width.text_width(text) * _WIDE:.1f}" '
        'lengthAdjust="spacingAndGlyphs"'
    )
    return f'<text x="{x:.1f}" y="{y}"{name}{long}>{escape(text)}</text>'


def main() -> None:
    """Draw all pictures."""
    PICTURES.mkdir(exist_ok=True)
    folder = Path(tempfile.gettempdir()) / "mediakeep"  # it is seen in the picture
    folder.mkdir()
    try:
        screen = _run(folder)
    finally:
        shutil.rmtree(folder)
    title = "The dashboard of mediakeep while a batch runs"
    (PICTURES / "dashboard.svg").write_text(svg(screen, title))
    week()


def week() -> None:
    """Write the report on a week, with its pictures, from a made history of eight weeks."""
    names = sorted(artist.name for artist in sample_artists.generate_artists(120, None, Random(1)))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder).resolve()
        made = months.make_history(home, names, "Album/{:0>2} - Song.flac")
        paths = reports.write(made, "2026-W53")
        text = reports.read_report(paths["md"], home)
        for picture in sorted(paths["md"].parent.glob(f"{paths['md'].stem}_*.svg")):
            name = picture.name.replace(f"{paths['md'].stem}_music", "week")
            (PICTURES / name).write_bytes(picture.read_bytes())
            text = text.replace(picture.name, f"pictures/{name}")
    (PICTURES.parent / "a-week.md").write_text(text)


def _run(folder: Path) -> Screen:
    """Work through a library, and look at it before its last batch is done."""
    music, home = folder / "music", folder / "home"
    home.mkdir()
    kept = {key: text for key, text in os.environ.items() if not key.startswith("MEDIAKEEP_")}
    env = {**kept, "TERM": "xterm-256color", "PYTHONUTF8": "1", "MEDIAKEEP_HOME": str(home)}
    env.pop("NO_COLOR", None)

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
    with Terminal(line("media_dashboard"), env, _COLUMNS, _LINES) as shown:
        shown.until(lambda text: bool(re.search(r"Now: 1 session at work", text)))
        shown.until(lambda text: "100.0%" not in text and " of " in text.partition("Now:")[2])
    batch.wait()
    return shown.screen


if __name__ == "__main__":
    main()
