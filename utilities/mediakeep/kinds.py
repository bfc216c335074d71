"""The kinds of media: music and movies.

A new kind needs one entry here, one package and its scripts.
"""

from __future__ import annotations

import functools
import importlib
import types
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from mediakeep.item import Item
from mediakeep.stages import Stage, StageTable

ViewSource = Literal["items", "stages"]


class HistoryView(msgspec.Struct, frozen=True):
    """A view of the history index that other programs may SELECT from.

    `columns` maps each column name to the field that it shows: a field of the item's settles for
    the source "items", one row per item; a field of the stage rows or of their facts for the
    source "stages", one row per stage run.
    """

    name: str
    source: ViewSource
    columns: Mapping[str, str]


class ItemCounter(msgspec.Struct, frozen=True):
    """A number that summaries show for all completed items, such as the matched albums.

    It is the sum of the item field `name`. With a `field`, it is the number of items whose `field`
    has this `value`. Summaries show it as "12 certain" within its `group`, or as a count of a
    `noun`. A worker reports the change of the number in its facts, under the same name.
    """

    name: str
    label: str
    group: str = ""
    noun: str = ""
    field: str = ""
    value: str = ""


class JobMetric(msgspec.Struct, frozen=True):
    """A number that reports show of the jobs of a period, such as the bytes that they wrote.

    It is the sum of a `fact`, which each job has in the facts of one of its stages only; with
    `per`, that sum divided by the sum of another fact. `unit` is "s" for seconds, "B" for bytes,
    "x" for a factor, or "" for a count.
    """

    label: str
    fact: str
    per: str = ""
    unit: str = ""


class Kind(msgspec.Struct, frozen=True):
    """A kind of media: its nouns, the Struct of its queue items, and its processing stages."""

    name: str
    noun: str
    plural: str
    manager_script: str  # the script that manages its queue
    batch_script: str  # the script that processes it
    item_class: str  # its Struct, as "module:class"; imported on first use, as it is in the subject
    rules: int = 1  # increased whenever a completed item would be processed differently
    # Texts like those that its items are added by, such as "https://archive.org/details/..."; () if
    # its items are paths.
    item_examples: tuple[str, ...] = ()
    stages: StageTable = StageTable()
    # Earliest stage that a reset returns an item to, unless the user names one; "" for no limit.
    reset_limit: Callable[[Item], str] | None = None
    cleans_up: bool = False  # the worker is called once more after the last failed attempt
    consumes_source: bool = False  # completing an item can move or delete its source
    # Whether an item has consumed its source; None if all completed ones have. Takes the item.
    has_consumed_source: Callable[[Item], bool] | None = None
    # Whether the files of an unfinished item still exist elsewhere, such as in a working folder,
    # if its source is gone. Takes the item.
    has_working_copy: Callable[[Item], bool] | None = None
    history_views: tuple[HistoryView, ...] = ()
    part_noun: str = ""  # noun of the parts of an item, which settles count
    library_noun: str = ""  # what a library contains, such as "artist folders"
    stray_noun: str = ""  # noun of a file in the library that belongs to no item
    stray_fix: str = ""  # what to do about such files
    counters: tuple[ItemCounter, ...] = ()
    measures: tuple[JobMetric, ...] = ()  # of a kind with stages
    attribution: str = ""  # text that the service requires wherever its data is used

    @property
    def first_stage(self) -> str:
        """The name of the first processing stage, or "" for a kind without stages."""
        return self.stages.first

    def get_stage(self, item: Item) -> str:
        """Return the stage that an item has reached or failed in, or "" without stages."""
        return self.stages.get_current_stage(item.processing_stage, item.failed_stage)

    def get_next_stage(self, item: Item) -> str:
        """Return the stage in which an item runs next, or whose cleanup is due, "" without any."""
        return item.cleanup_stage or item.resume_stage or self.get_stage(item)

    def name_item(self, key: str, item: Item | None) -> str:
        """Return the name of an item for display: its key, or the name of one that was added."""
        return item.name if self.stages and item and item.name else key

    @property
    def item_type(self) -> type[Item]:
        """The Struct of its items."""
        return _import_item_type(self.item_class)


@functools.cache
def _import_item_type(name: str) -> type[Item]:
    module, _, item_class = name.partition(":")
    found: type[Item] = getattr(importlib.import_module(module), item_class)
    return found


MUSIC = Kind(
    name="music",
    noun="artist",
    plural="artists",
    manager_script="music_queue_manager.py",
    batch_script="process_music_batch.py",
    item_class="mediakeep.music.item:MusicItem",
    rules=8,
    part_noun="track",
    library_noun="artist folders",
    stray_noun="audio file",
    stray_fix="Move them to the folder of their artist, then scan again.",
    counters=(
        # How certain the albums are matched, and how many tag fields were filled from the matches.
        ItemCounter("albums_matched", "certain", "Albums"),
        ItemCounter("albums_tied", "certain except the edition", "Albums"),
        ItemCounter("albums_unsure", "unsure", "Albums"),
        ItemCounter("albums_unknown", "unknown", "Albums"),
        ItemCounter("fields_filled", "filled", noun="field"),
        ItemCounter("unread_count", "not read", noun="audio file"),
    ),
)
MOVIES = Kind(
    name="movies",
    noun="movie",
    plural="movies",
    manager_script="movie_queue_manager.py",
    batch_script="process_movies.py",
    item_class="mediakeep.movies.item:MovieItem",
    rules=4,
    part_noun="file",
    library_noun="movies",
    stray_noun="video file",
    counters=(
        # How the movies were identified.
        ItemCounter("movies_auto", "certain", "Movies", field="match", value="auto"),
        ItemCounter("movies_user", "by your word", "Movies", field="match", value="user"),
        ItemCounter("movies_review", "unsure", "Movies", field="match", value="review"),
        ItemCounter("movies_unmatched", "unknown", "Movies", field="match", value="unmatched"),
    ),
    # Wording required by TMDb (themoviedb.org/api-terms-of-use).
    attribution="This product uses the TMDB API but is not endorsed or certified by TMDB.",
)


def _call_later(name: str) -> Callable[[Item], Any]:
    """Return a function of an item that is imported, as "module:function", when it is called."""

    def call(item: Item) -> Any:
        module, _, function = name.partition(":")
        return getattr(importlib.import_module(module), function)(item)

    return call


_PATHS = ("working_source_path", "working_processed_path", "archive_path", "playback_path")
_AGAIN = ("converting", "preparing")
_JOB_METRICS = (
    JobMetric("times real time", "audio_seconds", per="stage_seconds", unit="x"),
    JobMetric("input", "input_bytes", unit="B"),
    JobMetric("output", "output_bytes", unit="B"),
)
ALBUMS = Kind(
    name="albums",
    noun="album",
    plural="albums",
    manager_script="album_queue_manager.py",
    batch_script="convert_albums.py",
    item_class="mediakeep.albums.item:AlbumItem",
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
    reset_limit=_call_later("mediakeep.albums.item:limit_reset"),
    cleans_up=True,
    consumes_source=True,
    has_consumed_source=_call_later("mediakeep.albums.item:has_consumed_source"),
    has_working_copy=_call_later("mediakeep.albums.item:has_working_copy"),
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
    measures=_JOB_METRICS,
    library_noun="folders with audio files",
    stray_noun="audio file",
    stray_fix="Move them to a folder of their own, then scan again.",
)

# A job whose working folder is missing, or whose sources have changed, starts over with its input.
AUDIOBOOKS = Kind(
    name="audiobooks",
    noun="audiobook",
    plural="audiobooks",
    manager_script="audiobook_queue_manager.py",
    batch_script="build_audiobooks.py",
    item_class="mediakeep.audiobooks.item:AudiobookItem",
    stages=StageTable(
        (
            Stage("input", ("backup", "counting"), "failed_input"),
            Stage("backup", ("counting",), "failed_backup"),
            Stage("counting", ("encoding", "muxing", "input"), "failed_counting"),
            Stage("encoding", ("muxing", "input"), "failed_encoding"),
            Stage("muxing", ("verifying", "input"), "failed_muxing"),
            Stage("verifying", ("placing", "muxing", "input"), "failed_verifying"),
            Stage("placing", ("completed", "muxing", "input"), "failed_placing"),
            Stage("completed"),
        )
    ),
    cleans_up=True,
    history_views=(
        HistoryView(
            "audiobooks",
            "items",
            {
                "audiobook": "item",
                "status": "processing_stage",
                **{name: name for name in ("output_path", "backup_path", "failure")},
                **{name: name for name in ("audio_seconds", "input_bytes", "output_bytes")},
                "started": "first_time",
                "finished": "time",
                "seconds": "total_seconds",
            },
        ),
    ),
    part_noun="file",
    measures=_JOB_METRICS,
    library_noun="folders with audio files",
    stray_noun="audio file",
    stray_fix="Move them to a folder of their own, then scan again.",
)

_kinds = {kind.name: kind for kind in (MUSIC, MOVIES, ALBUMS, AUDIOBOOKS)}
KINDS: Mapping[str, Kind] = types.MappingProxyType(_kinds)


def register(kind: Kind) -> None:
    """Add a kind that is not part of mediakeep; its name must be free."""
    if _kinds.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"There is a kind {kind.name!r} already.")
