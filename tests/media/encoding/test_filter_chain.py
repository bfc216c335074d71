"""The filter chain converts rate, channels, depth and volume."""

from __future__ import annotations

from array import array
from pathlib import Path

from msgspec import structs

from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.filter_chain import FilterChain
from mediakeep.media.encoding.pcm_source import PcmFormat
from tests.media import encoded
from tests.media.encoding import sounds
from tests.sampling import each_row

CD = PcmFormat(sample_rate=44_100, channels=2, layout="stereo", sample_format="s16", bits=16)


def run(path: Path, target: PcmFormat, **options: float) -> tuple[bytes, list[int]]:
    """Return the interleaved samples of a converted file, and the sizes of its frames."""
    data, sizes = b"", []
    with pcm_source.open_source(path) as source:
        chain = FilterChain(source.format, target, **options)  # type: ignore[arg-type]
        for frame in chain.convert(source.frames()):
            assert frame.pts == sum(sizes)
            sizes.append(frame.samples)
            width = frame.format.bytes * target.channels
            data += bytes(frame.planes[0])[: frame.samples * width]
        assert chain.samples == sum(sizes)
    return data, sizes


def test_nothing_changes_without_need(tmp_path: Path) -> None:
    samples = sounds.noise_and_tone(9000).tobytes()
    assert run(sounds.write_wav(tmp_path / "a.wav", samples), CD)[0] == samples


@each_row("rate", [48_000, 22_050, 32_000, 96_000])
def test_resampling_keeps_the_length(tmp_path: Path, rate: int) -> None:
    path = sounds.write_noise(tmp_path / "a.wav", 44_111)
    _, sizes = run(path, structs.replace(CD, sample_rate=rate))
    assert abs(sum(sizes) - 44_111 * rate / 44_100) <= 1


def test_volume_is_in_decibels(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", array("h", [8000, -8000] * 500).tobytes())
    halved = array("h", run(path, CD, volume=-6.0206)[0])
    assert all(abs(abs(value) - 4000) <= 2 for value in halved)  # of dither


def test_mono_and_stereo(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", array("h", [8000, 4000] * 500).tobytes())
    mono = structs.replace(CD, channels=1, layout="mono")
    assert all(abs(value - 6000) <= 2 for value in array("h", run(path, mono)[0]))
    path = sounds.write_wav(tmp_path / "b.wav", array("h", [8000] * 500).tobytes(), channels=1)
    left, right = (array("h", run(path, CD)[0])[first::2] for first in (0, 1))
    assert left == right
    assert all(abs(value - 8000 / 2**0.5) <= 2 for value in left)  # the power stays the same


def test_samples_that_lose_bits_are_dithered(tmp_path: Path) -> None:
    """A constant between two steps of 16 bits becomes noise around it, with the same mean."""
    source = encoded.write(tmp_path / "24.wav", "24.wav")
    plain = array("h", run(source, CD)[0])
    again = array("h", run(source, structs.replace(CD, bits=0))[0])
    assert plain != again  # without dither
    assert max(abs(one - other) for one, other in zip(plain, again, strict=True)) <= 3
