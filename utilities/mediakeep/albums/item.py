"""The kind of albums, its queue item, and what the queue needs to know about its files."""

from __future__ import annotations

from pathlib import Path

from mediakeep import path_text
from mediakeep.item import Item, Number
from mediakeep.kinds import AUDIO_METRICS, HistoryView, ItemCounter, Kind, WorkingCopy
from mediakeep.stages import Stage, StageTable


class AlbumItem(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """An album folder; all paths are escaped, see `escape_path`, and absolute but for `folder`.

    `profile` and `output_dir` are its own settings, or "" for those of the command.
    """

    track_count: Number = 0
    folder: str = ""  # its path below the output and archive folders, once it was prepared
    profile: str = ""
    output_dir: str = ""
    working_source_path: str = ""
    working_processed_path: str = ""
    working_claim: Number = 0  # seq of the claim that filled the working folders
    working_fingerprint: str = ""  # of the original when it was copied
    archive_path: str = ""
    playback_path: str = ""
    failed_tracks: Number = 0  # that the output lacks
    original_deleted: bool = False


# Fields of an item without working folders.
CLEARED = {"working_source_path": "", "working_processed_path": "", "working_claim": 0}


def find_output_folder(item: Item) -> Path | None:
    """Return the output folder that an album was published in, or None if it was not.

    If its path below that folder is unknown, its parent folder is returned.
    """
    assert isinstance(item, AlbumItem)
    depth, output = max(len(path_text.to_path(item.folder).parts), 1), item.playback_path
    return path_text.to_path(output).parents[depth - 1] if output else None


def has_consumed_source(item: Item) -> bool:
    """Return whether the original of an album was deleted after its conversion."""
    assert isinstance(item, AlbumItem)
    return item.original_deleted


_PATHS = ("working_source_path", "working_processed_path", "archive_path", "playback_path")
_AGAIN = ("converting", "preparing")
_COPY = WorkingCopy("working_source_path", "converting")
ALBUMS = Kind(
    name="albums",
    noun="album",
    plural="albums",
    manager_script="album_queue_manager.py",
    batch_script="convert_albums.py",
    item_type=AlbumItem,
    subject="mediakeep.app.subjects.albums:SUBJECT",
    settings="mediakeep.albums.settings:AlbumSettings",
    stages=StageTable(
        (
            # A resumed album begins its stage again, or an earlier one if working files are gone.
            Stage("preparing", ("converting",), "failed_prepare"),
            Stage("converting", ("archiving", "converting", "preparing"), "failed_convert"),
            Stage("archiving", ("finalizing", *_AGAIN, "archiving"), "failed_archive"),
            Stage("finalizing", ("completed", *_AGAIN, "finalizing"), "failed_finalize"),
            Stage("completed"),
        )
    ),
    reset_limit=_COPY.limit_reset,
    cleans_up=True,
    consumes_source=True,
    has_consumed_source=has_consumed_source,
    has_working_copy=_COPY.exists,
    history_views=(
        HistoryView(
            "albums",
            "items",
            {
                "album": "item",
                "status": "processing_stage",
                **{name: name for name in (*_PATHS, "profile", "tracks", "bytes")},
                "started": "first_time",
                "finished": "time",
                "seconds": "total_seconds",
                "cpu_seconds": "total_cpu_seconds",
                "peak_memory": "max_peak_memory",
            },
        ),
        HistoryView(
            "processing_history",
            "stages",
            {
                "album": "item",
                **{name: name for name in ("stage", "outcome", "attempts", "time", "seconds")},
                **{name: name for name in ("cpu_seconds", "peak_memory")},
                "status": "processing_stage",
                **{name: name for name in (*_PATHS, "profile", "tracks", "bytes")},
                **{name: name for name in ("converted", "skipped")},
            },
        ),
    ),
    part_noun="track",
    # The tracks that albums lack which --keep-going has published.
    counters=(ItemCounter("failed_tracks", "not converted", noun="track"),),
    measures=AUDIO_METRICS,
    library_noun="folders with audio files",
    stray_noun="audio file",
    stray_fix="Move them to a folder of their own, then scan again.",
)
