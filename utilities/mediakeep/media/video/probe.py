"""What a video file holds, by its frame and, where it is installed, by MediaInfo.

MediaInfo is native code: on a spoilt file it may hang or end its process. So it is only to be asked
where that can be borne, which is in a process of the pool.
"""

from __future__ import annotations

import os
from pathlib import Path

from mediakeep.media import access
from mediakeep.media.video import frame, mediainfo, streams
from mediakeep.media.video.facts import VideoFacts

NO_MEDIAINFO = (
    "MediaInfo is not installed: of videos only their containers are known."
    " Install it with: pip install 'mediakeep[video]'"
)

# Only containers that hold their streams themselves: MediaInfo follows what playlists name, such as
# those of HLS and DASH, to any file and any host.
_TOLD = frozenset(
    {"asf", "avi", "flv", "matroska", "mov", "mp4", "mpeg", "mpegts", "ogg", "rm", "webm", "wtv"}
)

is_there = mediainfo.is_there


def probe(path: Path) -> VideoFacts:
    """Tell what a file holds; Unreadable where it is no regular file, or refuses.

    Without MediaInfo its frame tells container, size, and whether it is cut off. So it does of what
    is none of the usual containers, and of an image of a disc, which nobody looks into.
    """
    with access.opened(path) as handle:
        try:
            size = os.fstat(handle.fileno()).st_size
            found = frame.read(handle, size)
            tracks = None
            if found.container in _TOLD and mediainfo.is_there():
                handle.seek(0)
                tracks = mediainfo.tracks(handle)
        except OSError as error:
            raise access.refusal(path, error) from error
    if tracks is None:
        return VideoFacts(found.container, size=size, truncated=found.truncated)
    return streams.facts(tracks, found, size)
