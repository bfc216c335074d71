"""The script convert_albums.py with a decoder that hangs in the tracks named "01 T.flac".

Worker processes import this module, too, so it hangs in each of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from mediakeep.commands import convert_albums
from mediakeep.media.encoding import pcm_source

NAME = "01 T.flac"
_DECODE = pcm_source.PcmSource._decode


def decode_until_hung(self: pcm_source.PcmSource, *arguments: Any) -> Iterator[Any]:
    for frame in _DECODE(self, *arguments):
        yield frame
        while self._path.name == NAME:
            time.sleep(60)


if __name__ in ("__main__", "__mp_main__"):
    pcm_source.PcmSource._decode = decode_until_hung  # type: ignore[method-assign]
if __name__ == "__main__":
    convert_albums.main()
