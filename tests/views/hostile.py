"""A report full of what strangers may write: names, errors, proposals and commands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mediakeep import path_text
from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.outcome import Outcome
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.views import review
from tests.views import reports
from tests.views.months import Months

RAW = (
    "<script>console.log('name')</script>",
    "<img src=x onerror=console.log(1)>",
    '"><svg onload=console.log(2)>',
    "' onmouseover='console.log(3)' x='",
    "]]><script>console.log(4)</script>",
    "--></style></title><h1>big</h1>",
    "[click](javascript:console.log(5))",
    "![x](https://example.org/x.png)",
    "https://example.org/ and www.example.org",
    "a|b||c",
    "*bold* _it_ ~~gone~~ `code` ``x``",
    "# heading",
    "1. list",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "{{ 7 * 7 }}{% raw %}",
    '=HYPERLINK("https://example.org")',
    "@SUM(1)",
    "\u202egnp.exe\u202c",
    "e\u0301\u200b\u2066x\u2069",
    "שלום עולם",
    "W" * 300,
    "tab\tand\nline\r\x1b[2J",
    "e\\nd\\",
)
NAMES = tuple(path_text.escape_path(name) for name in RAW)
SEEN = (
    "onerror=console.log(1)",
    "javascript:console.log(5)",
    "onmouseover=",
    "{{ 7 * 7 }}",
    "שלום",
)


@dataclass
class Written:
    """The files of the report, by their suffixes."""

    paths: dict[str, Path]

    def text(self, suffix: str) -> str:
        """Return what a file says."""
        return self.paths[suffix].read_text()


def write_reports(home: Path) -> Written:
    """Make a queue of such names, with two weeks behind it, and write the report on the second."""
    months = Months(home, 2, artists=NAMES)
    months.batch(5)
    months.at("2026-11-17T10:00:00")
    months.batch(5)
    _fail(months)
    _decide(home)
    return Written(reports.write(months, "2026-W47"))


def _fail(months: Months) -> None:
    """Have the rest fail, each with a text of its own, or the same with its name in it."""
    with Queue.open(months.where, MUSIC) as queue:
        queue.begin_session(batch_size=9)
        for claim in queue.claim(len(NAMES) - 12):
            months.clock.forward(seconds=61)
            ending = SettleRequest(
                Outcome(Status.ERROR, f"{RAW[len(claim.key) % 5]} {claim.key}"), 1
            )
            assert queue.settle(claim, ending)
        queue.end_session(seconds=500)


def _decide(home: Path) -> None:
    """Have decisions wait that are as bad."""
    entries = {name: [_entry(number, name)] for number, name in enumerate(NAMES) if number % 2 == 0}
    path = home / review.FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    view: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**view, "reviews": entries}))


def _entry(number: int, name: str) -> dict[str, str]:
    other = NAMES[-number - 1]
    return {
        "id": f"<b>{number}",
        "kind": "missing-date",
        "artist": name,
        "album": other,
        "path": f"{other}/{name}",
        "severity": "error",
        "detail": other,
        "proposal": other,
        "command": f"python utilities/fix_metadata.py --artist '{name}' --accept ``{other}"
        * (number % 4 != 2),
        "report": f"issues/{name}.md",
    }
