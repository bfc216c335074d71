"""Probe video files by their container structure and, if it is installed, by MediaInfo.

MediaInfo is native code: a damaged file may hang or crash the process. Call this in a process that
may die, such as a pool worker.
"""

from __future__ import annotations

import os
from pathlib import Path

from mediakeep.media import access
from mediakeep.media.video import frame, mediainfo, streams
from mediakeep.media.video.facts import VideoFacts

NO_MEDIAINFO = (
    "MediaInfo is not installed: only the containers of videos are known."
    " Install it with: pip install 'mediakeep[video]'"
)

# Only containers with embedded streams: MediaInfo follows playlists such as those of HLS and DASH
# to any file and any host.
_TOLD = frozenset(
    {"asf", "avi", "flv", "matroska", "mov", "mp4", "mpeg", "mpegts", "ogg", "rm", "webm", "wtv"}
)

is_there = mediainfo.is_there


def probe(path: Path) -> VideoFacts:
    """Return the info on a file; raise Unreadable if it is no regular file or cannot be read.

    Without MediaInfo, for unusual containers and for disc images, only container, size and
    truncation are known.
    """
    with access.opened(path) as handle:
        try:
            size = os.fstat(handle.fileno()).st_size
            structure = frame.read(handle, size)
            tracks = None
            if structure.container in _TOLD and mediainfo.is_there():
                handle.seek(0)
                tracks = mediainfo.tracks(handle)
        except OSError as error:
            raise access.refusal(path, error) from error
    if tracks is None:
        return VideoFacts(structure.container, size=size, truncated=structure.truncated)
    return streams.facts(tracks, structure, size)
