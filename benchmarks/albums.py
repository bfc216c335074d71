"""Albums converted, against ffmpeg started by xargs on the same cores, and on one.

All copy each track to a working folder and to an archive, measure its loudness and encode it. Ours
also syncs, tags and records, and measures the true peak for MP3; its verification is reported
apart. The plain tools run step by step, as by hand: copy, ebur128, encode, copy, move. The others
take each track through all steps, and measure its true peak.
"""

from __future__ import annotations

import functools
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import rounds, script_runs, table
from benchmarks.rounds import Durations
from mediakeep.media.audio import tags
from mediakeep.media.encoding import encoder, profile_rules
from mediakeep.media.encoding.profiles import BUILT_IN
from tests.media.encoding import sounds

_SCRIPT = Path(__file__).parents[1] / "utilities" / "convert_albums.py"
_ALBUMS, _TRACKS, _SECONDS = 6, 4, 30
_FULL = 40  # albums
_ROUNDS = 3
_WORKERS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
_ENCODERS = {"opus": "-c:a libopus -b:a 128k", "mp3-v0": "-c:a libmp3lame -q:a 0"}
_SUFFIXES = {"opus": "opus", "mp3-v0": "mp3"}
_PEER = (
    'd=$(dirname "$1"); mkdir -p "source/$d" "archive/$d" "output/$d";'
    ' cp "library/$1" "source/$1"; cp "source/$1" "archive/$1";'
    ' ffmpeg -nostdin -v error -threads 1 -i "source/$1" -af ebur128=peak=true -f null -;'
    ' ffmpeg -nostdin -v error -threads 1 -i "source/$1" -threads 1 {encoder}'
    ' "output/${{1%.flac}}.{suffix}"'
)
_FFMPEG = 'ffmpeg -nostdin -v error -threads 1 -i "$1"'
_PLAIN = """set -e
cp -a library source
cd source
each() {{ find . -name '*.flac' -print0 | xargs -0 -n 1 -P {processes} sh -c "$1" sh; }}
each '{ffmpeg} -af ebur128 -f null -'
each 'o="../made/${{1%.flac}}.{suffix}"; mkdir -p "${{o%/*}}"; {ffmpeg} -threads 1 {encoder} "$o"'
cd ..
cp -a source archive
mv made output
"""


def run(home: Path, *, full: bool) -> None:
    """Measure on 6 albums of 2 minutes three times, in full on 40 once."""
    if not shutil.which("ffmpeg"):
        print("The command ffmpeg is not installed.")
        return
    albums = _FULL if full else _ALBUMS
    make_library(home / "library", albums)
    _convert(home, "opus", "full")  # compiles its modules
    peer_name = f"xargs -P {_WORKERS} ffmpeg"
    for profile in _ENCODERS:
        names = {
            "convert_albums": functools.partial(_convert, home, profile, "none"),
            "convert_albums, verified": functools.partial(_convert, home, profile, "full"),
            "plain tools": functools.partial(_run_plain, home, profile),
            peer_name: functools.partial(_run_peer, home, profile, _WORKERS),
            "sequential ffmpeg": functools.partial(_run_peer, home, profile, 1),
        }
        cases = [functools.partial(_turn, name, case) for name, case in names.items()]
        times = rounds.run(cases, 1 if full else _ROUNDS, warm=False)
        wholes = {name: rounds.whole(series) for name, series in times.items()}
        rows = []
        for name in names:
            wall, cpu = wholes[name], wholes[f"{name} cpu"]
            pairs = [(wall, "plain tools"), (cpu, "plain tools cpu"), (wall, peer_name)]
            ratios = [table.spread(rounds.ratio(ours, wholes[peer])) for ours, peer in pairs]
            rows.append([name, table.middle(wall), table.middle(cpu), *ratios])
        title = f"{albums} albums of {_TRACKS} tracks of {_SECONDS} s to {profile}"
        heads = ["", "seconds", "CPU s", "to plain tools", "CPU to plain tools", f"to {peer_name}"]
        table.show(title, heads, rows)


def make_library(
    library: Path, albums: int, tracks: int = _TRACKS, seconds: int = _SECONDS
) -> None:
    """Make albums of FLAC files with noise and a tone, all with the same tracks."""
    first = library / "Artist" / "Album 1"
    first.mkdir(parents=True)
    for number in range(1, tracks + 1):
        second = sounds.noise_and_tone(sounds.RATE, number).tobytes()
        wav = sounds.write_wav(first / f"{number}.wav", second * seconds)
        facts = tags.read(wav).facts
        parameters = profile_rules.choose_parameters(facts, BUILT_IN["flac"])
        encoder.encode_file(wav, wav.with_suffix(".flac"), parameters)
        wav.unlink()
    for number in range(2, albums + 1):
        shutil.copytree(first, first.with_name(f"Album {number}"))


def _turn(name: str, case: functools.partial[None]) -> dict[str, Durations]:
    before, began = _children_seconds(), time.perf_counter()
    case()
    wall = time.perf_counter() - began
    return {name: [wall], f"{name} cpu": [_children_seconds() - before]}


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _convert(home: Path, profile: str, verify: str) -> None:
    _clear(home)
    folders = ("--home", home / "home", "--output", home / "output", "--archive", home / "archive")
    how = ("--profile", profile, "--verify", verify, "--workers", _WORKERS, "--all")
    words = [sys.executable, _SCRIPT, home / "library", *folders, *how]
    script_runs.run([*map(str, words)], {})
    _check(home, profile)


def _run_peer(home: Path, profile: str, processes: int) -> None:
    _clear(home)
    script = _PEER.format(encoder=_ENCODERS[profile], suffix=_SUFFIXES[profile])
    found = sorted((home / "library").rglob("*.flac"))
    names = "\0".join(str(path.relative_to(home / "library")) for path in found)
    words = ["xargs", "-0", "-n", "1", "-P", str(processes), "sh", "-c", script, "sh"]
    subprocess.run(words, input=names, text=True, cwd=home, check=True)
    _check(home, profile)


def _run_plain(home: Path, profile: str) -> None:
    _clear(home)
    names = {"encoder": _ENCODERS[profile], "suffix": _SUFFIXES[profile]}
    script = _PLAIN.format(**names, ffmpeg=_FFMPEG, processes=_WORKERS)
    subprocess.run(["sh", "-c", script], cwd=home, check=True)
    _check(home, profile)


def _clear(home: Path) -> None:
    for name in ("home", "source", "archive", "made", "output"):
        shutil.rmtree(home / name, ignore_errors=True)
    (home / "home").mkdir()


def _check(home: Path, profile: str) -> None:
    made = list((home / "output").rglob(f"*.{_SUFFIXES[profile]}"))
    assert len(made) == len(list((home / "library").rglob("*.flac")))
