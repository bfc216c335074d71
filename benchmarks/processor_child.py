"""One task of audio in a process of its own: processor_child.py TASK KEY=VALUE...

It is run with the Python of a peer, too, and so imports what it needs in each function.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

_LEVEL, _SHORTEST = -50, 500  # dB, milliseconds: what is silence


def split(source: str, output: str) -> None:
    """Split a file on silence."""
    from mediakeep.processors import interface, registry

    processor = registry.get_processor("splitter-silence")
    params = {"threshold": _LEVEL, "min_silence": _SHORTEST / 1000, "min_piece": 0.0}
    made = interface.run_processor(processor, Path(source), Path(output), params)
    assert made.success, made.error_message


def split_unknown(source: str, output: str) -> None:
    """Split a file on silence, whose level is found."""
    from mediakeep.processors import interface, registry

    processor = registry.get_processor("splitter-silence")
    made = interface.run_processor(processor, Path(source), Path(output), {})
    assert made.success, made.error_message


def split_with_pydub(source: str, output: str) -> None:
    """Split a file on silence with pydub, which needs the level."""
    from pydub import AudioSegment
    from pydub.silence import split_on_silence

    audio = AudioSegment.from_file(source)
    pieces = split_on_silence(
        audio, min_silence_len=_SHORTEST, silence_thresh=_LEVEL, keep_silence=True
    )
    Path(output).mkdir()
    for number, piece in enumerate(pieces, 1):
        kind = Path(source).suffix[1:]
        piece.export(f"{output}/{number:03}.{kind}", format=kind).close()


def measure_with_pyloudnorm(folder: str) -> None:
    """Print the loudness of the WAV files in a folder."""
    import pyloudnorm
    import soundfile

    for path in sorted(Path(folder).rglob("*.wav")):
        samples, rate = soundfile.read(path)
        print(pyloudnorm.Meter(rate).integrated_loudness(samples))


def main() -> None:
    """Run the task, and print the peak of memory in MB as the last line."""
    import resource

    task: Callable[..., None] = globals()[sys.argv[1]]
    with contextlib.redirect_stderr(None):
        task(**dict(word.split("=", 1) for word in sys.argv[2:]))
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit)


if __name__ == "__main__":
    main()
