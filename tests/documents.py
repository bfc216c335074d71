"""The documentation as its tests see it: pages, links, tables, and examples that run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_FOLDERS = ("", "docs", "docs/plugins", "status", "outputs", "issues")
PAGES = sorted(path for folder in _FOLDERS for path in (ROOT / folder).glob("*.md"))

_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MAKE = "python utilities/make_sample_library.py music"
_BEFORE = re.compile(r"<!-- before the examples: (.*?) -->")
_CODE = re.compile(r"^```.*?^```$|^    .*?$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_SETTLED = re.compile(r"\[\d+/\d+\] ")
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Example:
    """A command line of a page, and what the page says that it prints."""

    line: int
    command: str
    expected: str


def name(page: Path) -> str:
    """Return a page's path below the project."""
    return str(page.relative_to(ROOT))


def before(page: Path) -> list[str]:
    """Return the commands that a page wants run before its examples."""
    return _BEFORE.findall(page.read_text())


def examples(page: Path) -> list[Example]:
    """Return the examples of a page, in order; what they print goes to the next command."""
    text, found = page.read_text(), []
    for block in _CONSOLE.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        for number, line in enumerate(block[1].splitlines(), first):
            if line.startswith("$ "):
                found.append(Example(number, line[2:], ""))
            else:
                last = found.pop()
                found.append(Example(last.line, last.command, f"{last.expected}{line}\n"))
    return found


def fits(expected: str, printed: str) -> bool:
    """Tell whether a text is the expected one: `...` stands for any text within a line.

    A line of nothing but `...` stands for any number of lines. What a batch tells of its items may
    come in any order, as several workers are done when they are.
    """
    lines = [
        "(?:.*\n)*?" if line == "..." else ".*?".join(map(re.escape, line.split("..."))) + "\n"
        for line in _settled_sorted(expected)
    ]
    text = "".join(f"{line}\n" for line in _settled_sorted(printed))
    return re.fullmatch("".join(lines), text) is not None


def _settled_sorted(text: str) -> list[str]:
    """Number the lines of a text that tell of an item by their alphabetical order."""
    lines = text.splitlines()
    places = [number for number, line in enumerate(lines) if _SETTLED.match(line)]
    told = sorted(lines[place].partition("/")[2] for place in places)
    for number, (place, rest) in enumerate(zip(places, told, strict=True), 1):
        lines[place] = f"[{number}/{rest}"
    return lines


def flags(text: str) -> set[str]:
    """Return the long options that a text names."""
    return set(_FLAG.findall(text))


def rows(page: Path, heading: str = "", first: str = "") -> list[list[str]]:
    """Return the rows of a page's tables, as cells of text.

    Only those of the tables right below a heading, or of those whose first column is so named.
    """
    text = f"\n{page.read_text()}"
    if heading:
        text = re.split(r"\n#", text.partition(f"\n{heading}\n")[2], maxsplit=1)[0]
    found: list[list[str]] = []
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        head, _, *body = [_cells(line) for line in table.splitlines()]
        if first in ("", head[0]):
            found += body
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]]


def column(page: Path, heading: str) -> set[str]:
    """Return the code words in the first column of the tables right below a heading."""
    return {word for row in rows(page, heading) for word in re.findall(r"`([^`]+)`", row[0])}


def links(page: Path) -> Iterator[str]:
    """Give the relative links of a page."""
    for target in _LINK.findall(_CODE.sub("", page.read_text())):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings make."""
    heads = re.findall(r"^#+ (.+)$", _CODE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


class Checkout:
    """A copy of the project's scripts in a new folder, as its users have it.

    Its files are those of another copy if one is given: links take a fifth of the time.
    """

    def __init__(self, folder: Path, like: Path | None = None) -> None:
        self.path = folder / "mediakeep"
        self.path.mkdir(parents=True)
        copy = os.link if like else shutil.copy2
        shutil.copytree((like or ROOT) / "utilities", self.path / "utilities", copy_function=copy)
        shutil.copy(ROOT / "pyproject.toml", self.path)
        # Each worker costs a start, and what is printed is the same.
        (self.path / "mediakeep.toml").write_text("workers = 1\n")
        programs = folder / "programs"
        programs.mkdir()
        python = programs / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        alien = ("MEDIAKEEP_", "PYTHON")
        kept = {key: text for key, text in os.environ.items() if not key.startswith(alien)}
        own = {"PATH": f"{programs}:{kept['PATH']}", "HOME": str(folder), "COLUMNS": "80"}
        own["TMPDIR"] = str(programs.with_name("temporary"))
        own["XDG_RUNTIME_DIR"] = own["TMPDIR"]  # where the pace of services is kept
        Path(own["TMPDIR"]).mkdir(mode=0o700)
        self._environment = {**kept, **own, "PYTHONUTF8": "1"}

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line in the shell, with its output and errors in one stream."""
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self.path,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
        )

    def prepare(self, line: str, library: Path) -> None:
        """Run what comes before a page's examples; the library is a copy of one that is made."""
        first, _, rest = line.partition("; ")
        if first == MAKE:
            shutil.copytree(library, self.path / "music", symlinks=True)
        else:
            rest = line
        self.ok(rest or "true")

    def ok(self, line: str) -> str:
        """Run a line that must succeed, and return what it printed."""
        done = self.run(line)
        assert done.returncode == 0, f"{line}\nexit code {done.returncode}\n{done.stdout}"
        return done.stdout
