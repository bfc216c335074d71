"""The master report of made audits: tracks a second, and the peak of memory by library."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from msgspec import structs

from benchmarks import stock, table
from mediakeep.media.audio.model import AudioProperties
from mediakeep.music import diagnose
from mediakeep.music.model import Artist, Track
from mediakeep.music.reports import audit_files
from tests.music import paper

_SCRIPT = Path(__file__).parents[1] / "utilities" / "music_master_report.py"
_TRACKS = 16  # of one artist
_MARK = "Vera"  # in the template: the artist
_YEARS = 70
_GENRES = ("Folk", "Jazz", "Rock", "Dub", "Soul", "Hip-Hop", "Ambient")
_OWN = 50  # of so many artists one has another's recordings
_MILLION = 1_000_000


def run(home: Path, *, full: bool) -> None:
    """Measure at 10,000 and 100,000 tracks, in full at a million too."""
    rows = [_row(home / str(size), size) for size in (10_000, 100_000, *([_MILLION] * full))]
    table.show(
        "The master report, by its door in a fresh process",
        ("tracks", "audits MB", "seconds", "tracks/s", "peak MB", "written MB", "duplicates"),
        rows,
        "Reading the queue, which grows with its artists, is part of both.",
    )


def _row(home: Path, size: int) -> list[str]:
    count = size // _TRACKS
    subprocess.run([sys.executable, "-m", __name__, str(home), str(count)], check=True)
    audits = sum(path.stat().st_size for path in (home / "outputs").iterdir())
    started = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, str(_SCRIPT), "--home", str(home)], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(running.pid, 0)
    seconds = time.perf_counter() - started
    assert status == 0
    data = json.loads((home / "outputs" / "music_library_statistics.json").read_bytes())
    assert data["totals"]["tracks"] == count * _TRACKS
    written = sum(path.stat().st_size for path in (home / "outputs").glob("music_library_*"))
    return [
        f"{count * _TRACKS:,}",
        f"{audits / 1e6:,.0f}",
        f"{seconds:.1f}",
        f"{count * _TRACKS / seconds:,.0f}",
        f"{_bytes(used) / 1e6:.0f}",
        f"{written / 1e6:,.0f}",
        f"{data['duplicates']['total']:,}",
    ]


def _bytes(used: resource.struct_rusage) -> int:
    return used.ru_maxrss if sys.platform == "darwin" else used.ru_maxrss << 10


def make(home: Path, count: int) -> None:
    """Make a queue and its audits, each the template with a name and figures of its own."""
    stock.queue(home, count, stock.completed).close()
    template = _template()
    (home / "outputs").mkdir()
    for number in range(count):
        name = stock.artist_name(number)
        recordings = number - 1 if number % _OWN == _OWN - 1 else number
        text = (
            template.replace(_MARK, name)
            .replace("1974", str(1950 + number % _YEARS))
            .replace("Folk", _GENRES[number % len(_GENRES)])
            .replace("256123", str(96_000 + number % 230 * 1000))
            .replace("0000aaaa", f"{recordings:08x}")
            .replace("0000bbbb", f"{number:08x}")
        )
        (home / "outputs" / f"{name}_audit.json").write_text(text)


def _template() -> str:
    """Return the audit of an artist with two albums of healthy tracks."""
    half = _TRACKS // 2
    albums = [
        paper.album(*(_track(place, at + number) for number in range(1, half + 1)), place=place)
        for at, place in ((0, "Dawn"), (half, "Dusk"))
    ]
    artist = Artist(name=_MARK, path=f"/music/{_MARK}", albums=tuple(albums), fingerprint="")
    return audit_files.to_json(
        artist, diagnose.find_issues(artist, _MARK), _MARK, "report.md"
    ).decode()


def _track(place: str, number: int) -> Track:
    track = paper.track(
        number,
        album=place,
        title=f"{paper.TITLES[number % len(paper.TITLES)]} {number}",
        musicbrainz_recordingid=f"0000aaaa-0000-4000-8000-{number:012d}",
        musicbrainz_albumid=f"0000aaaa-0000-4000-9000-{ord(place[1]):012d}",
        musicbrainz_artistid="0000bbbb-0000-4000-8000-000000000000",
    )
    facts = AudioProperties(
        format="MP3",
        duration=120.0 + 7 * number,
        bitrate=256123,
        sample_rate=44100,
        channels=2,
        size=8_000_000,
        payload=7_900_000,
    )
    raw = {"TIT2": list(track.tags.title), "TPE1": list(track.tags.artist), "TRCK": [str(number)]}
    raw |= {
        "TALB": [place],
        "TDRC": ["1974"],
        "TCON": ["Folk"],
        "TPE2": list(track.tags.albumartist),
    }
    place_below = track.place.replace("Dawn", place, 1)
    return structs.replace(track, facts=facts, raw=raw, place=place_below)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
