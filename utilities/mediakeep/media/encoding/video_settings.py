"""The settings of videos of a picture and audio, without their encoder, which imports slowly."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

EvenSize = Annotated[int, Meta(ge=16, le=4096, multiple_of=2)]
Preset = Literal["ultrafast", "veryfast", "fast", "medium", "slow", "slower", "veryslow"]


class StillVideoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to encode: the size in pixels, x264's quality and preset, and the bit rate of a channel.

    `crf` is the best at 0. Players seek to keyframes, which are as large as a JPEG.
    """

    width: EvenSize = 1280
    height: EvenSize = 720
    crf: Annotated[int, Meta(ge=0, le=51)] = 18
    preset: Preset = "slow"
    keyframe_seconds: Annotated[int, Meta(ge=1, le=250)] = 30
    channel_bit_rate: Annotated[int, Meta(ge=8000, le=320_000)] = 96_000  # bits per second

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height
