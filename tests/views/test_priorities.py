"""What a report says first: damaged files, vanished items, failures, then what a command does."""

from __future__ import annotations

import html
import re
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from mediakeep import kinds
from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.views import periods, review
from mediakeep.views.report import report_files
from tests.queue import rig
from tests.sampling import each_row

FIRST, COMMANDS, REPAIRED = "Look at these first", "One command each", "Repaired"
FAILED = SettleRequest(Outcome(Status.ERROR, "The disk is away."))
VANISHED = SettleRequest(Outcome(Status.SKIPPED, data={"skip_reason": "vanished"}))
IGNORED = SettleRequest(Outcome(Status.SKIPPED, data={"skip_reason": "ignored"}))
REPAIRS = {"whitespace": 2, "mojibake": 1}


def make_home(home: Path, kind: Kind, damaged: int = 1, failed: int = 1) -> rig.Clock:
    """Make a queue: items that are damaged, fail and vanish, and one that is ignored."""
    clock = rig.Clock()
    where = locate_queue(home / "status" / kind.name, clock, rig.HOST)
    names = [f"Lost {number}" for number in range(2)] + ["Unwanted"]
    names += [f"Broken {number}" for number in range(failed)]
    names += [f"Worn {number:02d}" for number in range(damaged)]
    with Queue.create(where, kind, "/library", rig.found([*names, "Next"])) as queue:
        queue.begin_session(batch_size=99)
        for claim in queue.claim_by_key(*names):
            word = claim.key.partition(" ")[0]
            endings = {"Lost": VANISHED, "Unwanted": IGNORED, "Broken": FAILED}
            if word in endings:
                assert queue.settle(claim, endings[word])
            elif not kind.stages:
                assert queue.settle(claim, _complete(kind, claim.key))
        clock.forward(hours=1)
        _review(home, queue)
        queue.end_session(seconds=3600)
    return clock


def _complete(kind: Kind, key: str) -> SettleRequest:
    ids = (f"{kind.damage_kinds[-1]}:{key}", f"wrong-name:{key}")
    facts = {"auto_fixed": 3, "repairs": REPAIRS}
    return SettleRequest(Outcome(open_ids=ids, facts=facts, data={"manual_reviews": 2}))


def _review(home: Path, queue: Queue) -> None:
    kind = queue.state.kind
    if kind.stages:
        return

    def entries(item: Item) -> list[dict[str, str]]:
        key = next(key for key, found in queue.state.items.items() if found is item)
        common = {"artist": key, "severity": "error", "report": "r.md"}
        return [
            {**common, "kind": kind.damage_kinds[-1], "id": f"d:{key}", "path": "A/1.bin"},
            {**common, "kind": "missing-date", "id": f"m:{key}", "proposal": 'date "1998"'},
        ]

    review.update_review_list(home, queue.location.folder, queue.state, entries)


def write(home: Path, clock: rig.Clock, *formats: str) -> dict[str, str]:
    context = ReportContext(home, clock() + timedelta(hours=1), UTC)
    report = period_report.collect_report(context, periods.parse_period("2025-W51", UTC))
    assert report
    paths = report_files.write_report(home, report, formats)
    return {path.suffix[1:]: path.read_text() for path in paths}


def headings(text: str, suffix: str) -> list[str]:
    """Return the parts of a report in their order, without those of details."""
    patterns = {
        "md": r"^## (?P<head>.*)$|^(?P<picture>!)\[|<(?P<fold>details)>|^</details>",
        "html": r"<h2>(?P<head>.*)</h2>|<(?P<picture>svg)|<(?P<fold>details)>|</details>",
    }
    found, depth = [], 0
    for match in re.finditer(patterns[suffix], text, re.MULTILINE):
        if "/details" in match[0]:
            depth = 0
        elif match["fold"]:
            depth = 1
            found.append("fold")
        elif not depth:
            found.append(match["head"] or "chart")
    return found


ROWS = [
    ("music", [FIRST, COMMANDS, REPAIRED]),
    ("movies", [FIRST, REPAIRED]),  # no command accepts all of a kind
    *((name, [FIRST]) for name in ("albums", "audiobooks", "episodes", "pipelines", "recordings")),
]


@each_row(("name", "expected"), ROWS)
def test_every_kind_of_queue_tells_first_what_needs_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: list[str]
) -> None:
    monkeypatch.setitem(kinds.BUILT_IN, "recordings", "tests.reference.recording:KIND")
    monkeypatch.setattr(kinds, "list_kinds", kinds.list_kinds.__wrapped__)
    assert {row[0] for row in ROWS} == set(kinds.BUILT_IN)
    kind = kinds.get_kind(name)
    texts = write(tmp_path, make_home(tmp_path, kind), "md", "html")
    for suffix, text in texts.items():
        if suffix == "svg":
            continue
        found = headings(text, suffix)
        assert [head for head in found if head not in ("chart", "fold")] == expected
        assert found.index("fold") == len(expected) + found.count("chart")
        assert found.count("chart") <= 1
    rows = re.findall(r"^\d\. \*\*(.*?)\*\*", texts["md"].partition("## " + COMMANDS)[0], re.M)
    damage = [] if kind.stages else ["Worn 00/A/1.bin"]
    assert [row.replace("\\", "") for row in rows[: len(damage) + 2]] == [
        *damage,
        "Lost 0",
        "Broken 0",
    ]
    assert (
        "**Lost 0**, **Lost 1**: no longer in the library (vanished). Restore them" in texts["md"]
    )
    assert "Unwanted" not in texts["md"].partition("<details>")[0], "ignored on purpose"
    assert "--forget-vanished" in html.unescape(texts["html"]).partition("<details>")[0]


@each_row(
    ("damaged", "failed", "names", "more"),
    [
        (0, 1, ["Lost 0", "Broken 0"], ""),
        (3, 0, ["Worn 00", "Worn 01", "Worn 02", "Lost 0"], ""),
        (4, 1, ["Worn 00", "Worn 01", "Worn 02", "Lost 0", "Broken 0"], "1 damaged file"),
        (
            9,
            2,
            ["Worn 00", "Worn 01", "Worn 02", "Lost 0", "Broken 1"],
            "6 damaged files",
        ),
    ],
)
def test_at_most_five_are_named_and_the_others_counted(
    tmp_path: Path, damaged: int, failed: int, names: list[str], more: str
) -> None:
    kind = kinds.get_kind("music")
    clock = make_home(tmp_path, kind, damaged, failed)
    text = write(tmp_path, clock, "md")["md"]
    first = text.partition(f"## {FIRST}\n")[2].partition("\n## ")[0].partition("\n!")[0]
    rows = re.findall(r"^\d+\. \*\*(.*?)[/*]", first, re.MULTILINE)
    assert rows == names
    assert len(rows) <= 5
    assert (f"\nAnd {more}, in the folded lists below." if more else "\nAnd ") in first or not more
    assert ("<summary>Damaged files</summary>" in text) == bool(more)
    for number in range(damaged):
        assert f"**Worn {number:02d}/A/1.bin**" in text


def test_several_kinds_share_one_list_damaged_files_first(tmp_path: Path) -> None:
    for name in ("albums", "music", "movies"):
        clock = make_home(tmp_path, kinds.get_kind(name))
    text = write(tmp_path, clock, "md")["md"]
    rows = re.findall(r"^\d\. \*\*(.*?)[/*].*? \((\w+)\): ", text, re.MULTILINE)[:5]
    assert sorted(rows[:2]) == [("Worn 00", "movies"), ("Worn 00", "music")]
    assert [name for name, _ in rows[2:]] == ["Lost 0", "Lost 0", "Broken 0"]
    rest = "2 vanished albums, 1 failed movie, 1 failed album"
    assert f"And {rest}, in the folded lists below." in text
    heads = headings(text, "md")
    assert heads.index(FIRST) < heads.index(COMMANDS) < heads.index(REPAIRED)
    assert heads.index(REPAIRED) < heads.index("Albums")
    assert {"music/20251217_session_001", "movies/20251217_session_001"} == {
        words.partition("`")[0] for words in text.split("--session ")[1:]
    }


def test_what_was_repaired_has_the_session_that_undoes_it(tmp_path: Path) -> None:
    kind = kinds.get_kind("music")
    text = write(tmp_path, make_home(tmp_path, kind, damaged=2), "md")["md"]
    part = text.partition("## Repaired\n")[2].partition("\n!")[0]
    assert "6 repairs (4 whitespace, 2 mojibake). To undo: `" in part
    assert "--session 20251217_session_001`" in part


@each_row(("again", "worse"), [(False, []), (True, ["truncated-audio", "wrong-name"])])
def test_only_what_was_read_before_counts_as_worse(
    tmp_path: Path, again: bool, worse: list[str]
) -> None:
    kind = kinds.get_kind("music")
    clock = make_home(tmp_path, kind, damaged=1, failed=0)
    where = locate_queue(tmp_path / "status" / kind.name, clock, rig.HOST)
    with Queue.open(where, kind) as queue:
        queue.begin_session(batch_size=1)
        key = "Worn 00" if again else "Next"
        (claim,) = queue.claim_by_key(key)
        ids = (f"truncated-audio:{key}", *(f"wrong-name:{key}{number}" for number in range(2)))
        known: Any = ("truncated-audio:x",) if again else ()
        assert queue.settle(claim, SettleRequest(Outcome(open_ids=(*ids, *known))))
        queue.end_session(seconds=9)
    context = ReportContext(tmp_path, clock() + timedelta(hours=1), UTC)
    report = period_report.collect_report(context, periods.parse_period("2025-W51", UTC))
    assert report
    (progress,) = report.kinds
    assert [issue.kind for issue in progress.worse] == worse
    assert sum(issue.more for issue in progress.issues) >= 4
