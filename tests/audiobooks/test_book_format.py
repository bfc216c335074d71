"""A book has the format that is wanted, or that of its sources; more than they need is said."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from mediakeep.audiobooks.encoding.book_plan import BookFormat
from mediakeep.audiobooks.sources import book_format
from mediakeep.audiobooks.sources.check_sources import CheckedFile, CheckedSources
from mediakeep.audiobooks.sources.source_order import SourceFile
from mediakeep.errors import UsageError
from tests.sampling import each_row


def make(rate: int, channels: int, bit_rate: int, *, lossless: bool = False) -> CheckedFile:
    return CheckedFile(
        source=SourceFile(Path("/book/a")),
        size=1,
        mtime_ns=1,
        format="FLAC" if lossless else "MP3",
        codec="flac" if lossless else "mp3float",
        lossless=lossless,
        bit_rate=bit_rate,
        sample_rate=rate,
        channels=channels,
        seconds=3600.0,
    )


SPEECH = make(22_050, 1, 32_000)
MUSIC = make(44_100, 2, 128_000)
FLAC = make(96_000, 2, 2_800_000, lossless=True)


@each_row(
    ("files", "wanted", "expected"),
    [
        ([SPEECH], (), (44_100, 2, 128_000)),
        ([SPEECH], (64_000, 1), (44_100, 1, 64_000)),
        ([SPEECH], (64_000, 0, 22_050), (22_050, 2, 64_000)),
        ([SPEECH], (0,), (22_050, 1, 32_000)),
        ([SPEECH, MUSIC], (0,), (44_100, 2, 128_000)),
        ([SPEECH], (0, 2, 48_000), (48_000, 2, 32_000)),
        ([FLAC], (0,), (48_000, 2, 128_000)),
        ([make(44_100, 1, 700_000, lossless=True)], (0,), (44_100, 1, 64_000)),
        ([make(44_100, 2, 0)], (0,), (44_100, 2, 128_000)),
        ([make(44_100, 2, 127_845)], (0,), (44_100, 2, 128_000)),
        ([make(44_100, 2, 65_234)], (0,), (44_100, 2, 64_000)),
        ([make(48_000, 6, 384_000)], (0,), (48_000, 2, 128_000)),
        ([make(44_100, 2, 900_000)], (0,), (44_100, 2, 320_000)),
        ([make(8_000, 1, 4_000)], (0,), (8_000, 1, 16_000)),
        ([make(8_000, 1, 64_000)], (0,), (8_000, 1, 48_000)),
        ([make(6_000, 1, 8_000)], (0,), (8_000, 1, 16_000)),
        ([make(37_800, 2, 64_000)], (0,), (44_100, 2, 64_000)),
        ([SPEECH], (512_000, 1, 22_050), (22_050, 1, 132_300)),
    ],
)
def test_the_format_is_that_wanted_or_that_of_the_sources(
    files: list[CheckedFile], wanted: tuple[int, ...], expected: tuple[int, int, int]
) -> None:
    chosen, _ = book_format.choose_format(CheckedSources(tuple(files)), *wanted)
    assert chosen == BookFormat(*expected)


@each_row(
    ("files", "wanted", "expected"),
    [
        (
            [SPEECH],
            (),
            "The book has 44,100 Hz, stereo, 128 kbit/s; for its sources 22,050 Hz, mono, 32 kbit/s"
            " is enough: --bitrate 32k --channels 1 --sample-rate 22050 (14.4 MB instead of"
            " 57.6 MB).",
        ),
        (
            [SPEECH],
            (512_000, 1, 22_050),
            "Bit rate 512 kbit/s reduced to the most that AAC can have: 22,050 Hz, mono,"
            " 132 kbit/s.",
        ),
        ([MUSIC], (), ""),
        ([SPEECH, MUSIC], (), ""),
        ([FLAC], (), ""),
        ([make(44_100, 2, 112_000)], (), ""),
        ([make(44_100, 2, 96_000)], (), "96 kbit/s is enough"),
        ([make(44_100, 1, 128_000)], (), "44,100 Hz, mono, 128 kbit/s is enough"),
        ([make(32_000, 2, 128_000)], (), "32,000 Hz, stereo, 128 kbit/s is enough"),
        ([SPEECH], (0,), ""),
    ],
)
def test_a_book_that_is_larger_than_needed_is_announced(
    files: list[CheckedFile], wanted: tuple[int, ...], expected: str
) -> None:
    _, warnings = book_format.choose_format(CheckedSources(tuple(files)), *wanted)
    assert bool(warnings) == bool(expected)
    assert not expected or expected in warnings[0]


def test_a_rate_that_aac_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Sample rate 44000 is not possible\. Use one of 8000, "):
        book_format.choose_format(CheckedSources((SPEECH,)), 64_000, 1, 44_000)


@each_row("rate", book_format.AAC_RATES, ids=str)
def test_the_encoder_has_all_rates(rate: int) -> None:
    assert rate in av.codec.Codec("aac", "w").audio_rates
