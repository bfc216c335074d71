"""What waits for a user: the oldest first, as the days of their time zone say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mediakeep.views import review
from mediakeep.views.report import decisions
from tests.sampling import each_row

REMEDIES = decisions.FixHints(lambda kind: f"accept {kind}", lambda kind: f"mend {kind}")
BERLIN = ZoneInfo("Europe/Berlin")


def entry(name: str, **more: str) -> dict[str, str]:
    return {"id": name, "kind": "missing-date", "severity": "warning", **more}


def write_state(home: Path, *entries: dict[str, str]) -> Path:
    path = home / review.FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"reviews": {"A": list(entries)}}))
    return path


def read(home: Path, since: dict[str, str], zone: Any = BERLIN) -> decisions.PendingReviews | None:
    source = decisions.ReviewSource(home, "music")
    entries = decisions.read_dated_entries(source, since, zone)
    return None if entries is None else decisions.summarize_reviews(entries, REMEDIES)


def names(reviews: decisions.PendingReviews | None) -> list[str]:
    assert reviews
    return [one.entry.id for one in reviews.oldest]


def test_the_oldest_day_comes_first_and_then_what_a_command_settles(tmp_path: Path) -> None:
    write_state(
        tmp_path,
        entry("new", command="x"),
        entry("old"),
        entry("old-command", command="x"),
        entry("old-error", command="x", severity="error"),
        entry("unknown", command="x"),
    )
    old, new = "2025-12-01T10:00:00+00:00", "2025-12-02T10:00:00+00:00"
    movie = read(tmp_path, {"new": new, "old": old, "old-command": old, "old-error": old})
    assert names(movie) == ["old-error", "old-command", "old", "new", "unknown"]
    assert movie
    assert [one.since for one in movie.oldest] == [*["2025-12-01"] * 3, "2025-12-02", ""]
    assert movie.first == movie.oldest[0]


def test_days_are_those_of_the_time_zone(tmp_path: Path) -> None:
    """By the clocks of Berlin the first was found a day after the second, in UTC on one day."""
    write_state(tmp_path, entry("later", command="x"), entry("earlier"))
    since = {"later": "2025-12-01T23:30:00+00:00", "earlier": "2025-12-01T22:30:00+00:00"}
    movie = read(tmp_path, since)
    assert movie
    assert [(one.entry.id, one.since) for one in movie.oldest] == [
        ("earlier", "2025-12-01"),
        ("later", "2025-12-02"),
    ]


def test_kinds_are_counted_with_the_command_that_accepts_them(tmp_path: Path) -> None:
    entries = [entry(f"{number}", proposal="p" * (number % 2)) for number in range(23)]
    write_state(tmp_path, *entries, {**entry("x"), "kind": "mojibake"})
    movie = read(tmp_path, {})
    assert movie
    assert (movie.total, movie.proposed, len(movie.oldest)) == (24, 11, decisions.MAX_OLDEST)
    assert [(sort.kind, sort.count, sort.proposed, sort.command) for sort in movie.sorts] == [
        ("missing-date", 23, 11, "accept missing-date"),
        ("mojibake", 1, 0, ""),
    ]
    assert [sort.advice for sort in movie.sorts] == ["mend missing-date", "mend mojibake"]
    assert movie.first is None, "no command settles any of them"


def test_the_first_is_one_that_a_command_settles_though_older_ones_have_none(
    tmp_path: Path,
) -> None:
    old = [entry(f"old{number}") for number in range(9)]
    write_state(tmp_path, *old, entry("young", command="x"))
    since = {one["id"]: "2025-12-01T10:00:00+00:00" for one in old}
    movie = read(tmp_path, since | {"young": "2025-12-09T10:00:00+00:00"})
    assert movie
    assert "young" not in names(movie)
    assert movie.first
    assert (movie.first.entry.id, movie.first.advice) == ("young", "mend missing-date")


def test_the_kinds_that_can_be_accepted_are_those_with_proposals_most_first(tmp_path: Path) -> None:
    few = [{**entry("few"), "kind": "mojibake", "proposal": "p"}]
    many = [entry(f"many{number}", proposal="p") for number in range(2)]
    none = [{**entry(f"none{number}"), "kind": "missing-cover"} for number in range(3)]
    write_state(tmp_path, *none, *few, *many)
    assert decisions.kinds_with_proposals(tmp_path) == {"music": ["missing-date", "mojibake"]}


@each_row("damage", ["", "{", "[]", '{"reviews": []}', '{"reviews": {"A": [{}]}}'])
def test_a_damaged_list_is_as_good_as_none(tmp_path: Path, damage: str) -> None:
    assert read(tmp_path, {}) is None
    assert decisions.kinds_with_proposals(tmp_path) == {}
    write_state(tmp_path).write_text(damage)
    assert read(tmp_path, {}) is None
    assert decisions.kinds_with_proposals(tmp_path) == {}
