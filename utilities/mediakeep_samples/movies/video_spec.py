"""The properties of a generated video."""

from __future__ import annotations

from dataclasses import dataclass

FRAME_COUNT = 12  # video frames, and frames of each audio track


@dataclass(frozen=True)
class VideoSpec:
    """A video of `seconds`; sizes are in pixels, `hdr` is "", "hdr10" or "hlg".

    The folder seeds/ has a clip of each size, with an HDR format or without, and of each number of
    audio channels: 2 or 6. Languages are ISO 639-2/B such as "ger", or "" if unknown. The first
    audio track is the default.
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
