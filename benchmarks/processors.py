"""Processors next to pydub, ffmpeg-normalize and ffmpeg started by xargs: seconds and results.

PROCESSOR_PEERS is the Python of an environment with pydub, ffmpeg-normalize, pyloudnorm and
soundfile. What needs a program that is not installed is left out. Each part runs alone by its name,
such as `processors:converter`.
"""

from __future__ import annotations

import functools
import os
import random
import re
import shutil
import subprocess
import sys
import time
import wave
from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

from benchmarks import rounds, script_runs, table
from benchmarks.script_runs import Cost
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.profiles import BUILT_IN
from mediakeep.media.speech import alignment
from mediakeep.processors import interface, registry
from tests.media.encoding import sounds
from tests.processors import processed_audio

_PEER = os.environ.get("PROCESSOR_PEERS")  # the Python of an environment with the peers
_ROOT = Path(__file__).parents[1]
_CHILD = Path(__file__).with_name("processor_child.py")
_SCRIPT = _ROOT / "utilities" / "audio_toolkit.py"
_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
_RATE = sounds.RATE
_MINUTES, _FULL_MINUTES = 5, 33  # of a file that is split
_FULL_HOURS = 10  # of one whose memory is measured
_FILES, _FULL_FILES = 6, 50  # that get a loudness
_SECONDS = 30  # of each of them
_SONGS, _FULL_SONGS = 6, 60  # that are converted, of one to three minutes
_TARGET = -16.0  # LUFS
_LOUDNESS_FORMATS = {"wav": ["pcm_s16le"], "mp3": ["libmp3lame", "-b:a", "192k"]}
_FFMPEG = 'o="$0/$(basename "${{1%.*}}").{suffix}"; ffmpeg -nostdin -v error -threads 1 -i "$1"'
_CONVERSIONS = {
    "flac": "-threads 1 -c:a flac",
    "mp3": "-threads 1 -c:a libmp3lame -q:a 0",
    "opus": "-threads 1 -c:a libopus -b:a 128k",
}
_TEXT = (
    "The keeper of the light climbed the narrow stairs each evening, and counted them aloud."
    " He knew that nobody would hear him. When the wind came from the north, the door would not"
    " close, so he tied it with a piece of old rope."
)


def run(home: Path, *, full: bool) -> None:
    """Measure short files, in full those of the release notes."""
    for part in (run_silence, run_memory, run_loudness, run_converter, run_fixed, run_alignment):
        part(home, full=full)


def run_silence(home: Path, *, full: bool) -> None:
    """Split a WAV and a FLAC file on silence, next to pydub."""
    if not _PEER:
        print("The peers are not installed; CONTRIBUTING.md says how.")
    minutes = _FULL_MINUTES if full else _MINUTES
    source = _write_phrases(home / "phrases.wav", minutes)
    flac = home / "phrases.flac"
    sounds.convert(source, flac, "flac")
    rows, output = list[list[str]](), home / "pieces"
    for path in (source, flac):
        peer = _run_child("split_with_pydub", source=path, output=output) if _PEER else None
        for task in ("split", "split_unknown"):
            shutil.rmtree(output, ignore_errors=True)
            ours = _run_child(task, source=path, output=output)
            lengths = [
                pcm_source.count_samples(piece) / _RATE for piece in sorted(output.iterdir())
            ]
            ratios = ["", ""]
            if peer:
                ratios = [f"{peer.seconds / ours.seconds:.0f}", f"{peer.cpu / ours.cpu:.0f}"]
            off = _find_distance(path, list(accumulate(lengths))[:-1])
            cells = [*ratios, f"{len(lengths)}", off]
            rows.append([f"{path.suffix[1:]}, {task}", *_describe(ours), *cells])
            shutil.rmtree(output)
        if peer:
            rows.append([f"{path.suffix[1:]}, pydub", *_describe(peer), "", "", "", ""])
        path.unlink()
    heads = ["", "seconds", "CPU s", "peak MB", "times pydub", "by CPU", "pieces", "off, ms"]
    note = "Off is the largest distance of a cut from the middle of a silence of silencedetect."
    table.show(f"{minutes:.0f} minutes split on silence", heads, rows, note)


def _describe(cost: Cost) -> list[str]:
    """Return seconds, CPU seconds, and the peak of memory, which a child prints at last."""
    return [f"{cost.seconds:.1f}", f"{cost.cpu:.1f}", cost.printed.split()[-1]]


def _find_distance(path: Path, cuts: Sequence[float]) -> str:
    """Return the largest distance of a cut from ffmpeg's silences, in milliseconds."""
    if not shutil.which("ffmpeg"):
        return ""
    words = ["ffmpeg", "-nostdin", "-i", str(path), "-af", "silencedetect=n=-50dB:d=0.5"]
    log = subprocess.run([*words, "-f", "null", "-"], capture_output=True, text=True).stderr
    starts, ends = (
        [float(time) for time in re.findall(rf"silence_{name}: (\S+)", log)]
        for name in ("start", "end")
    )
    middles = [(start + end) / 2 for start, end in zip(starts, ends, strict=False)]
    return f"{max(min(abs(cut - middle) for middle in middles) for cut in cuts) * 1000:.1f}"


def run_memory(home: Path, *, full: bool) -> None:
    """Split a WAV of many hours, which has sizes of 64 bits, on silence."""
    if not (full and shutil.which("ffmpeg")):
        return
    part, source = _write_phrases(home / "part.wav", _FULL_MINUTES), home / "long.wav"
    length = ["-stream_loop", "-1", "-t", str(_FULL_HOURS * 3600), "-i", str(part)]
    words = ["ffmpeg", "-nostdin", "-v", "error", *length, "-c", "copy", "-rf64", "auto"]
    subprocess.run([*words, str(source)], check=True)
    part.unlink()
    ours = _run_child("split_unknown", source=source, output=home / "pieces")
    shutil.rmtree(home / "pieces")
    source.unlink()
    rows = [[f"{_FULL_HOURS} hours", f"{ours.seconds:.0f}", ours.printed.split()[-1]]]
    table.show("A long WAV split on silence", ["", "seconds", "peak MB"], rows)


def run_loudness(home: Path, *, full: bool) -> None:
    """Give files a loudness, next to ffmpeg-normalize; pyloudnorm measures both."""
    count = _FULL_FILES if full else _FILES
    sources, made = home / "levels", home / "made"
    sources.mkdir()
    for number in range(count):
        _write_levels(sources / f"{number:02}.wav", number)
    rows = []
    for kind, encoder in _LOUDNESS_FORMATS.items():
        options = ["--format", kind, "--loudness", str(_TARGET)]
        options += ["--bit-rate", "192000"] if kind == "mp3" else []
        ours = _convert(home, sources, made, *options)
        row = [kind, f"{ours.seconds:.1f}", f"{ours.cpu:.1f}", _measure_worst(home, made)]
        if _PEER and shutil.which("ffmpeg"):
            shutil.rmtree(made)
            made.mkdir()
            program = Path(_PEER).with_name("ffmpeg-normalize")
            level = ["-t", str(_TARGET), "-tp", "-1", "--keep-lra-above-loudness-range-target"]
            codec = ["-c:a", *encoder[:1], *(["-b:a", encoder[2]] if encoder[1:] else [])]
            names = [str(path) for path in sorted(sources.iterdir())]
            words = [str(_PEER), str(program), *names, "-of", str(made), "-ext", kind, "-q"]
            peer = _run([*words, *level, *codec])
            row += [f"{peer.cpu:.1f}", f"{ours.cpu / peer.cpu:.2f}", _measure_worst(home, made)]
        rows.append(row)
        shutil.rmtree(made)
    shutil.rmtree(sources)
    heads = ["", "seconds", "CPU s", "worst, LU", "peer's CPU s", "CPU ratio", "its worst, LU"]
    rows = [row + [""] * (len(heads) - len(row)) for row in rows]
    title = f"{count} files of {_SECONDS} s to {_TARGET:.0f} LUFS; the peer is ffmpeg-normalize"
    table.show(title, heads, rows, "Worst is the largest error of a file, by pyloudnorm.")


def _measure_worst(home: Path, folder: Path) -> str:
    """Return the largest error of loudness in a folder, as pyloudnorm measures it."""
    if not _PEER:
        return ""
    decoded = home / "decoded"
    decoded.mkdir()
    for path in folder.rglob("*.*"):
        words = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path)]
        subprocess.run([*words, str(decoded / f"{path.stem}.wav")], check=True)
    printed = _run_child("measure_with_pyloudnorm", folder=decoded)
    shutil.rmtree(decoded)
    return f"{max(abs(float(text) - _TARGET) for text in printed.printed.split()[:-1]):.3f}"


def run_converter(home: Path, *, full: bool) -> None:
    """Convert files as long as songs, next to ffmpeg started by xargs, in turn."""
    if not shutil.which("ffmpeg"):
        print("The command ffmpeg is not installed.")
        return
    sources, made, listed = home / "sources", home / "made", home / "names"
    sources.mkdir()
    count, times = (_FULL_SONGS, 3) if full else (_SONGS, 2)
    seconds = sum(_write_song(sources / f"{number:02}.wav", number) for number in range(count))
    listed.write_text("\0".join(str(path) for path in sorted(sources.iterdir())))
    rows = []
    for kind, encoder in _CONVERSIONS.items():
        script = f'{_FFMPEG.format(suffix=kind)} {encoder} "$o"'
        xargs = ["xargs", "-0", "-a", str(listed), "-n", "1", "-P", str(_CORES)]
        cases: dict[str, Callable[[], Cost]] = {
            "ours": functools.partial(_convert, home, sources, made, "--format", kind),
            "peer": functools.partial(_run, [*xargs, "sh", "-c", script, str(made)]),
        }

        def turn(name: str, case: Callable[[], Cost]) -> dict[str, list[float]]:
            made.mkdir()
            cost = case()
            assert len([path for path in made.rglob("*") if path.is_file()]) >= count
            shutil.rmtree(made)
            return {name: [cost.seconds], f"{name} cpu": [cost.cpu]}

        turns = [functools.partial(turn, name, case) for name, case in cases.items()]
        whole = {name: rounds.whole(series) for name, series in rounds.run(turns, times).items()}
        speeds = [
            table.spread(rounds.ratio(whole[f"peer{x}"], whole[f"ours{x}"])) for x in ("", " cpu")
        ]
        rows.append([kind, table.middle(whole["ours"]), table.middle(whole["peer"]), *speeds])
    shutil.rmtree(sources)
    heads = ["", "seconds", "of xargs", "speed to xargs", "by CPU"]
    tools = f"convert --workers {_CORES}; xargs -P {_CORES} ffmpeg"
    title = f"{count} files, {seconds / 60:.0f} minutes: {tools}"
    table.show(title, heads, rows, "Ours starts Python, keeps a session, and syncs the files.")


def run_fixed(home: Path, *, full: bool) -> None:
    """Split files into short pieces, and join these again."""
    source = _write_levels(home / "fixed.wav", 1)
    rows = []
    for kind in ("wav", "flac", "alac"):
        path = source
        if kind != "wav":
            path = home / f"fixed{BUILT_IN[kind].suffix}"
            sounds.convert(source, path, kind)
        began = time.perf_counter()
        processor = registry.get_processor("splitter-fixed")
        made = interface.run_processor(processor, path, home / "pieces", {"duration": 0.77})
        seconds = time.perf_counter() - began
        joined, whole = map(processed_audio.read_samples, (made.output_paths, [path]))
        rows.append([kind, f"{len(made.output_paths)}", f"{seconds:.2f}", str(joined == whole)])
        shutil.rmtree(home / "pieces")
    table.show("Pieces of 0.77 s joined again", ["", "pieces", "seconds", "the same"], rows)


def run_alignment(home: Path, *, full: bool) -> None:
    """Align speech of espeak-ng with its text."""
    paragraphs = 100 if full else 20
    if not shutil.which("espeak-ng"):
        print("The command espeak-ng is not installed.")
        return
    text, speech = " ".join([_TEXT] * paragraphs), home / "speech.wav"
    subprocess.run(["espeak-ng", "-w", str(speech), "--stdin"], input=text, text=True, check=True)
    with pcm_source.open_source(speech) as source:
        seconds = source.declared_samples / source.format.sample_rate
    began, before = time.perf_counter(), time.process_time()
    words, guessed = alignment.align(speech, text)
    took, cpu = time.perf_counter() - began, time.process_time() - before
    cells = [f"{len(words)}", f"{guessed}", f"{seconds / took:.0f}", f"{seconds / cpu:.0f}"]
    heads = ["", "words", "guessed", "times real time", "by CPU"]
    table.show("Speech of espeak-ng aligned", heads, [[f"{seconds / 60:.1f} minutes", *cells]])


def _convert(home: Path, sources: Path, made: Path, *options: str) -> Cost:
    shutil.rmtree(home / "home", ignore_errors=True)
    (home / "home").mkdir()
    folders = ["--input", sources, "--output", made, "--home", home / "home"]
    words = [sys.executable, _SCRIPT, "convert", *folders, "--workers", _CORES, *options]
    return _run([*map(str, words)])


def _run_child(task: str, **options: object) -> Cost:
    words = [f"{name}={value}" for name, value in options.items()]
    python = str(_PEER) if "_with_" in task else sys.executable
    return _run([python, str(_CHILD), task, *words])


def _run(words: Sequence[str]) -> Cost:
    return script_runs.run(words, {"PYTHONPATH": str(_ROOT / "utilities")})


def _write_phrases(path: Path, minutes: float) -> Path:
    """Write phrases of 3 to 9 s with quiet noise between them."""
    chance = random.Random(1)
    seconds = [sounds.noise_and_tone(_RATE, seed).tobytes() for seed in range(8)]
    quiet = array("h", chance.choices(range(-3, 4), k=2 * _RATE)).tobytes()
    left = minutes * 60
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, _RATE, 0, "NONE", ""))
        while left > 0:
            for _ in range(chance.randint(3, 9)):
                file.writeframes(chance.choice(seconds))
                left -= 1
            pause = chance.uniform(0.6, 0.95)
            file.writeframes(quiet[: 4 * round(pause * _RATE)])
            left -= pause
    return path


def _write_levels(path: Path, number: int) -> Path:
    """Write noise and tones whose level changes; some files have high peaks."""
    chance = random.Random(number)
    samples = array("h")
    for _ in range(_SECONDS):
        level = chance.uniform(0.05, 0.8) / (1 + number % 4)
        second = sounds.noise_and_tone(_RATE, number)
        samples.extend(round(level * value) for value in second)
        if number % 3 == 0:
            samples[-200:] = array("h", [30_000, -30_000] * 100)
    return sounds.write_wav(path, samples.tobytes())


def _write_song(path: Path, number: int) -> float:
    """Write noise whose level changes and two tones, and return the length, 60 to 180 s."""
    seconds = 60 + number * 37 % 121
    form = f"r=44100:d={seconds}"
    swell, beat = "0.6+0.4*sin(4.4*t)", "0.5+0.5*sin(13*t)"
    left, right = (f"0.25*sin({1400 + 60 * number * way}*t)*({swell})" for way in (1, -1))
    tones = f"{left}+0.15*sin(2200*t)*({beat})|{right}+0.1*sin(5500*t)"
    graph = (
        f"anoisesrc=c=pink:a=0.3:seed={number}:{form},volume='0.3+0.3*sin(8*t)':eval=frame,"
        f"aformat=channel_layouts=stereo[noise];aevalsrc={tones}:s=44100:d={seconds}[tones];"
        "[noise][tones]amix=inputs=2:normalize=0"
    )
    words = ["ffmpeg", "-nostdin", "-v", "error", "-filter_complex", graph]
    subprocess.run([*words, "-c:a", "pcm_s16le", str(path)], check=True)
    return seconds
