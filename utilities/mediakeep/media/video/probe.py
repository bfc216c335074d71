"""Probe video files by their container structure and, if it is installed, by MediaInfo.

MediaInfo is native code: a damaged file may hang or crash the process. Call this in a process that
may die, such as a pool worker.
"""

from __future__ import annotations

import os
from pathlib import Path

from mediakeep.media import open_file
from mediakeep.media.video import container, mediainfo, mediainfo_streams
from mediakeep.media.video.model import VideoInfo

NO_MEDIAINFO = (
    "MediaInfo is not installed: only the containers of videos are known."
    " Install it with: pip install 'mediakeep[video]'"
)

# Only containers with embedded streams: MediaInfo follows playlists such as those of HLS and DASH
# to any file and any host.
_MEDIAINFO_CONTAINERS = frozenset(
    {"asf", "avi", "flv", "matroska", "mov", "mp4", "mpeg", "mpegts", "ogg", "rm", "webm", "wtv"}
)

is_mediainfo_available = mediainfo.is_available


def probe_video(path: Path) -> VideoInfo:
    """Return the video info on a file.

    Raises Unreadable if it is not a regular file or cannot be read. Without MediaInfo, for unusual
    containers and for disc images, only container, size and truncation are known.
    """
    with open_file.open_regular_file(path) as handle, open_file.translate_errors(path):
        size = os.fstat(handle.fileno()).st_size
        structure = container.inspect_container(handle, size)
        tracks = None
        if structure.container in _MEDIAINFO_CONTAINERS and mediainfo.is_available():
            handle.seek(0)
            tracks = mediainfo.read_tracks(handle)
    if tracks is None:
        return VideoInfo(structure.container, size=size, truncated=structure.truncated)
    return mediainfo_streams.build_video_info(tracks, structure, size)
