"""The properties of a generated video."""

from __future__ import annotations

from dataclasses import dataclass

FRAME_COUNT = 12  # video frames, and frames of each audio track

# ISO 639-2 has two codes for some languages: Matroska uses the one, MP4 the other.
_TERMINOLOGICAL_CODES = {"ger": "deu", "fre": "fra", "chi": "zho", "dut": "nld", "cze": "ces"}
UNKNOWN_LANGUAGE = "und"


@dataclass(frozen=True)
class VideoSpec:
    """A video of `seconds`; sizes are in pixels and even, `hdr` is "", "hdr10" or "hlg".

    Languages are ISO 639-2/B such as "ger", or "" for none. Audio has 1 to 6 or 8 channels. The
    first audio track is the default.
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
        """The duration in milliseconds."""
        return max(FRAME_COUNT, round(self.seconds * 1000))

    @property
    def frame_times(self) -> list[int]:
        """The start of each frame, and the end, in milliseconds."""
        return [self.milliseconds * place // FRAME_COUNT for place in range(FRAME_COUNT + 1)]


def terminological_code(language: str) -> str:
    """Return the ISO 639-2/T code of a language, which MP4 uses."""
    return _TERMINOLOGICAL_CODES.get(language, language or UNKNOWN_LANGUAGE)
