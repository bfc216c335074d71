"""music_master_report.py on a real library: its numbers counted a second way, kills, races."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import mutagen
import pytest

from benchmarks import master
from tests.commands.conftest import Home, environment
from tests.crash.gate import READ, Gate

FILES = ("music_library_master.json", "music_library_master.csv", "music_library_statistics.json")
DOOR = "music_master_report"


@pytest.fixture(scope="module")
def done_once(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Home:
    """A home in which a batch has done all artists but two, made once."""
    place = tmp_path_factory.mktemp("done")
    shutil.copytree(sample, place / "music", symlinks=True)
    (place / "home").mkdir()
    home = Home(place / "home", place / "music")
    home.scan()
    assert home.batch("--batch-size", 12).returncode == 0
    return home


@pytest.fixture
def finished(done_once: Home) -> Iterator[Home]:
    """That home, as it was before the test again after it."""
    kept = done_once.path.with_name("kept")
    shutil.copytree(done_once.path, kept, symlinks=True)
    yield done_once
    shutil.rmtree(done_once.path)
    kept.rename(done_once.path)


def statistics(home: Home, code: int = 0) -> dict[str, Any]:
    done = home.call(DOOR, "--json")
    assert done.returncode == code, done.stderr
    assert (home.path / "outputs" / FILES[2]).read_text() == done.stdout
    return dict(json.loads(done.stdout))


def sheets(home: Home) -> list[dict[str, str]]:
    """Read the artists' own CSV files, the naive way."""
    found = []
    for path in sorted((home.path / "outputs").glob("*_audit.csv")):
        with path.open(encoding="utf-8", newline="") as text:
            found += [{**row, "stem": path.stem} for row in csv.DictReader(text)]
    return found


def tally(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values))


# Numbers, counted a second way


def test_totals_are_those_of_the_files_on_disk(finished: Home) -> None:
    totals = statistics(finished)["totals"]
    done = {name for name, status in finished.statuses().items() if status == "completed"}
    suffixes = (".mp3", ".m4a", ".flac", ".ogg", ".opus")
    paths = [
        path
        for path in finished.music.rglob("*")
        if path.suffix in suffixes and path.relative_to(finished.music).parts[0] in done
    ]
    readable = [path for path in paths if opens(path)]
    assert len(done) == 12
    assert (totals["tracks"], totals["readable"]) == (len(paths), len(readable))
    assert len(paths) > len(readable) > 0
    assert totals["bytes"] == sum(path.stat().st_size for path in readable)
    seconds = sum(mutagen.File(path).info.length for path in readable)
    assert totals["seconds"] == pytest.approx(seconds, rel=0.1)
    assert totals["albums"] == len({path.parent for path in paths})


def opens(path: Path) -> bool:
    try:
        return mutagen.File(path) is not None
    except mutagen.MutagenError:
        return False


def test_counts_are_those_of_the_artists_own_sheets(finished: Home) -> None:
    told, rows = statistics(finished), sheets(finished)
    readable = [row for row in rows if not row["fault"]]
    assert {one["format"]: one["tracks"] for one in told["formats"]} == tally(
        row["format"] for row in readable
    )
    assert {one["format"]: one["bytes"] for one in told["formats"]} == {
        name: sum(int(row["size"]) for row in readable if row["format"] == name)
        for name in {row["format"] for row in readable}
    }
    assert told["sample_rates"]["tracks"] == tally(row["sample_rate"] for row in readable)
    assert told["bit_depths"]["tracks"] == tally(row["bits"] for row in readable)
    assert told["codecs"]["tracks"] == tally(row["codec"] for row in readable)
    assert told["containers"]["tracks"] == tally(row["container"] for row in readable)
    genres = [genre for row in readable for genre in row["genres"].split("; ") if genre]
    assert told["genres"]["tracks"] == tally(genres)
    assert told["years"] == tally(row["date"][:4] for row in readable if row["date"])
    assert told["totals"]["lossless"] == sum(row["lossless"] == "yes" for row in readable)
    assert told["totals"]["truncated"] == sum(row["truncated"] != "" for row in readable) > 0
    assert told["faults"] == tally(row["fault"] for row in rows if row["fault"])
    for field, share in told["coverage"].items():
        if field != "replaygain":
            assert share["tracks"] == sum(row[field] != "" for row in readable), field
    pictured = sum(", image/" in row["pictures"] for row in readable)
    assert told["covers"]["tracks"]["tracks"] == pictured


def test_bit_rates_and_covers_are_those_of_a_naive_pass(finished: Home) -> None:
    told = statistics(finished)
    readable = [row for row in sheets(finished) if not row["fault"]]
    for one in told["formats"]:
        rates = sorted(int(r["bitrate"]) // 1000 for r in readable if r["format"] == one["format"])
        assert (one["lowest"], one["highest"]) == (rates[0], rates[-1])
        assert one["median"] == rates[(len(rates) - 1) // 2]
        assert sum(one["bands"].values()) == one["tracks"]
    albums: dict[tuple[str, str], list[bool]] = {}
    for row in readable:
        has = ", image/" in row["pictures"]
        albums.setdefault((row["stem"], row["album_folder"]), []).append(has)
    embedded = sum(all(some) for some in albums.values())
    covers = told["covers"]["albums"]
    assert covers["embedded"] + covers["embedded_and_folder"] == embedded
    assert sum(covers.values()) == told["totals"]["albums"]


def test_issues_are_those_of_the_reports_and_of_the_queue(finished: Home) -> None:
    told = statistics(finished)["issues"]
    audits = (finished.path / "outputs").glob("*_audit.json")
    issues = [one for path in audits for one in json.loads(path.read_bytes())["issues"]]
    for severity in ("error", "warning", "note"):
        kinds = tally(one["kind"] for one in issues if one["severity"] == severity)
        assert told[f"{severity}s"] == kinds
    queue: Counter[str] = Counter()
    for item in finished.snapshot()["artists"].values():
        queue.update(item.get("issues", {}))
    assert set(queue) <= {*told["errors"], *told["warnings"], *told["notes"]}
    assert all(
        number == sum(told[s].get(kind, 0) for s in ("errors", "warnings", "notes"))
        for kind, number in queue.items()
    )


def test_all_tracks_are_in_the_two_large_files(finished: Home) -> None:
    statistics(finished)
    found = json.loads((finished.path / "outputs" / FILES[0]).read_bytes())
    with (finished.path / "outputs" / FILES[1]).open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    own = sheets(finished)
    without = [{k: v for k, v in row.items() if k != "artist_folder"} for row in rows]
    wanted = [{k: v for k, v in row.items() if k != "stem"} for row in own]
    order = "path", "essence", "artist"
    assert sorted(without, key=lambda row: [row[name] for name in order]) == sorted(
        wanted, key=lambda row: [row[name] for name in order]
    )
    # The sheet guards a path that begins like a formula.
    paths = [row["path"].removeprefix("'") for row in rows]
    assert [track["path"].removeprefix("'") for track in found["tracks"]] == paths
    assert found["counts"]["tracks"] == len(own)


# What is in it


def test_artists_that_are_not_done_are_counted_and_left_out(finished: Home) -> None:
    finished.ok("--mark-completed", pending(finished)[0])
    head = statistics(finished)["head"]
    assert (head["artists"], head["left_out"]) == (12, {"marked_completed": 1, "pending": 1})
    assert head["library"] == str(finished.music)


def pending(home: Home) -> list[str]:
    return [name for name, status in home.statuses().items() if status == "pending"]


def test_a_missing_audit_costs_exit_code_1_and_no_other_artist(finished: Home) -> None:
    whole = statistics(finished)["totals"]["tracks"]
    gone = finished.path / "outputs" / "And Then Silence_audit.json"
    lost = len(json.loads(gone.read_bytes())["tracks"])
    gone.unlink()
    done = finished.call(DOOR)
    assert done.returncode == 1
    assert str(gone) in done.stderr
    assert "--repair" in done.stderr
    told = statistics(finished, code=1)
    assert told["head"]["unread"] == ["..And Then Silence"]
    assert told["totals"]["tracks"] == whole - lost > 0
    finished.ok("--repair")
    assert finished.statuses()["..And Then Silence"] == "pending"


def test_without_a_queue_it_says_how_to_make_one(home: Home) -> None:
    done = home.call(DOOR)
    assert (done.returncode, "--scan PATH" in done.stderr) == (2, True)
    assert not (home.path / "outputs").exists()


def test_the_overview_fits_a_screen_and_twice_gives_the_same_but_the_time(finished: Home) -> None:
    shown = finished.call(DOOR).stdout.splitlines()
    assert 10 < len(shown) <= 35
    assert shown[0] == f"Music library {finished.music}"
    once = contents(finished)
    finished.call(DOOR)
    stamp = re.compile(rb'"written": ?"[^"]*"')
    assert [stamp.sub(b"", one) for one in contents(finished)] == [
        stamp.sub(b"", one) for one in once
    ]


def contents(home: Home) -> list[bytes]:
    return [(home.path / "outputs" / name).read_bytes() for name in FILES]


# Kills and races


LARGE = 150


@pytest.fixture
def large(tmp_path: Path) -> Home:
    """A home with the audits of so many artists that writing takes a moment."""
    master.make(tmp_path / "home", LARGE)
    return Home(tmp_path / "home", tmp_path)


def start(home: Home, gate: Gate | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        home.command(DOOR),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(gate.environment if gate else {}),
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("names", "paths", "size"),
    [
        (READ, r"_audit\.json$", 0),
        ("replace", r"\.part\n", 1 << 20),
    ],
    ids=["while it is written", "before it takes its place"],
)
def test_a_kill_in_the_middle_leaves_the_old_files_whole(
    large: Home, tmp_path: Path, names: str, paths: str, size: int
) -> None:
    assert large.call(DOOR).returncode == 0
    old, kept = contents(large), set(os.listdir(large.path / "outputs"))
    gate = Gate(tmp_path / "gate", LARGE - 1 if names == READ else 1, names=names, paths=paths)
    gate.kill(start(large, gate))
    draft = large.path / "outputs" / f".{FILES[0]}.part"
    assert contents(large) == old
    assert draft.stat().st_size >= size
    assert large.call(DOOR).returncode == 0
    assert set(os.listdir(large.path / "outputs")) == kept


def test_two_runs_at_once_both_succeed_and_leave_whole_files(large: Home) -> None:
    both = [start(large), start(large)]
    for one in both:
        _, complaint = one.communicate(timeout=60)
        assert (one.returncode, complaint) == (0, b"")
    found = json.loads(contents(large)[0])
    assert len(found["tracks"]) == found["counts"]["tracks"] == LARGE * 16
    assert json.loads(contents(large)[2])["head"]["written"] == found["written"]
    assert not list((large.path / "outputs").glob(".*"))
