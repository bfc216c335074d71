"""Choose the format of a book, and announce one that is larger than its sources need."""

from __future__ import annotations

from collections.abc import Iterator

from mediakeep import size_text
from mediakeep.audiobooks.encoding.book_plan import BookFormat
from mediakeep.audiobooks.sources.check_sources import CheckedFile, CheckedSources
from mediakeep.errors import UsageError

# Hz that AAC can have (ISO/IEC 14496-3, table 1.18), but for 7,350
AAC_RATES = (
    *(8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    *(64_000, 88_200, 96_000),
)
_MAX_SOURCE_RATE = 48_000  # Hz; nothing above is heard
_MAX_BITS = 6  # of AAC, for a sample of a channel: 6,144 in a frame of 1,024
_TRANSPARENT = 64_000  # bits per second of a channel, for lossless sources
_STEP, _MIN_SOURCE_BIT_RATE, _MAX_SOURCE_BIT_RATE = 8_000, 16_000, 320_000
_MORE_BITS = 1.25  # times the bit rate of the sources


def choose_format(
    checked: CheckedSources, bit_rate: int = 128_000, channels: int = 0, sample_rate: int = 0
) -> tuple[BookFormat, tuple[str, ...]]:
    """Return the format of a book of these sources, with warnings.

    `bit_rate` is in bits per second; 0 means the highest of the sources. Channels and sample rate
    that are 0 are those of the sources, too, if the bit rate is 0; else stereo and 44,100 Hz.
    Raises UsageError for a sample rate that AAC does not have.
    """
    check_sample_rate(sample_rate)
    own = _match_sources(checked)
    default = BookFormat() if bit_rate else own
    rate, count = sample_rate or default.sample_rate, channels or default.channels
    most = rate * count * _MAX_BITS
    wanted = bit_rate or own.bit_rate
    chosen = BookFormat(rate, count, min(wanted, most))
    return chosen, (*_describe_limit(chosen, wanted), *_compare(checked, chosen, own))


def check_sample_rate(sample_rate: int) -> None:
    """Raise UsageError for a sample rate that AAC does not have; 0 is that of the sources."""
    if sample_rate and sample_rate not in AAC_RATES:
        known = ", ".join(map(str, AAC_RATES))
        raise UsageError(f"Sample rate {sample_rate} is not possible. Use one of {known}.")


def describe_format(book_format: BookFormat) -> str:
    """Return a format as text, such as "44,100 Hz, stereo, 128 kbit/s"."""
    channels = describe_channels(book_format.channels)
    kilobits = round(book_format.bit_rate / 1000)
    return f"{book_format.sample_rate:,} Hz, {channels}, {kilobits:,} kbit/s"


def describe_channels(channels: int) -> str:
    """Return a number of channels as text, such as "stereo"."""
    return {1: "mono", 2: "stereo"}.get(channels, f"{channels} channels")


def estimate_size(checked: CheckedSources, book_format: BookFormat) -> int:
    """Return about how many bytes the audio of a book has."""
    return round(checked.seconds * book_format.bit_rate / 8)


def _match_sources(checked: CheckedSources) -> BookFormat:
    """Return the smallest format that is enough for all sources."""
    highest = min(max(file.sample_rate for file in checked.files), _MAX_SOURCE_RATE)
    rate = next(rate for rate in AAC_RATES if rate >= highest)
    channels = min(max(file.channels for file in checked.files), 2)
    bit_rate = max(map(_find_bit_rate, checked.files))
    rounded = max(_STEP * round(bit_rate / _STEP), _MIN_SOURCE_BIT_RATE)
    most = min(rate * channels * _MAX_BITS, _MAX_SOURCE_BIT_RATE)
    return BookFormat(rate, channels, min(rounded, most))


def _find_bit_rate(file: CheckedFile) -> float:
    """Return the bit rate that AAC needs for a file; more than two channels are mixed down."""
    channels = min(file.channels, 2)
    if file.lossless or not file.bit_rate:
        return _TRANSPARENT * channels
    return file.bit_rate * channels / file.channels


def _describe_limit(chosen: BookFormat, wanted: int) -> Iterator[str]:
    if chosen.bit_rate < wanted:
        yield (
            f"Bit rate {wanted / 1000:,.0f} kbit/s reduced to the most that AAC can have:"
            f" {describe_format(chosen)}."
        )


def _compare(checked: CheckedSources, chosen: BookFormat, own: BookFormat) -> Iterator[str]:
    """Yield a sentence if the book has more samples, channels or bits than its sources."""
    if (
        chosen.sample_rate <= own.sample_rate
        and chosen.channels <= own.channels
        and chosen.bit_rate <= own.bit_rate * _MORE_BITS
    ):
        return
    sizes = [size_text.format_size(estimate_size(checked, one)) for one in (own, chosen)]
    yield (
        f"The book has {describe_format(chosen)}; for its sources {describe_format(own)} is enough:"
        f" --bitrate {own.bit_rate // 1000}k --channels {own.channels}"
        f" --sample-rate {own.sample_rate} ({sizes[0]} instead of {sizes[1]})."
    )
