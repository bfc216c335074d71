"""What a made video is to hold."""

from __future__ import annotations

from dataclasses import dataclass

FRAMES = 12  # pictures of a video, and frames of each sound

# ISO 639-2 has two codes for some languages: Matroska takes the one, MP4 the other.
_TERMINOLOGICAL = {"ger": "deu", "fre": "fra", "chi": "zho", "dut": "nld", "cze": "ces"}
UNKNOWN = "und"


@dataclass(frozen=True)
class Clip:
    """A video of `seconds`; sizes in pixels and even, `hdr` is "", "hdr10" or "hlg".

    Languages are ISO 639-2/B such as "ger", "" where none is told. Of sound there are 1 to 6
    channels, or 8. The first sound is the default one.
    """

    width: int = 720
    height: int = 576
    seconds: float = 60.0
    audio: tuple[tuple[str, int], ...] = (("eng", 2),)
    subtitles: tuple[str, ...] = ()
    hdr: str = ""
    title: str = ""

    @property
    def milliseconds(self) -> int:
        """How long it lasts, in thousandths of a second."""
        return max(FRAMES, round(self.seconds * 1000))

    @property
    def times(self) -> list[int]:
        """When each picture begins, and the end, in thousandths of a second."""
        return [self.milliseconds * place // FRAMES for place in range(FRAMES + 1)]


def terminological(language: str) -> str:
    """Return the code that MP4 takes for a language."""
    return _TERMINOLOGICAL.get(language, language or UNKNOWN)
