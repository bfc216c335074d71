"""The YAML file of an episode, which is made from its queue item alone.

processed/YYYY/<episode_id>.yaml       by the year of its date
processed/undated/<episode_id>.yaml    without a date
processed/YYYY/<episode_id>.yaml.gz    if it was published 30 days ago and `compress_old` is set
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import clock, packed_text, path_text, untrusted_files, yaml_settings, yaml_text
from mediakeep.episodes.item import EpisodeError, EpisodeItem, get_state
from mediakeep.episodes.states import TRIED, ProcessingStage
from mediakeep.errors import Unreadable
from mediakeep.item import Status

FOLDER = "processed"
_PACKED_AFTER = timedelta(days=30)
_LAST_UPDATED = re.compile(r'^last_updated: "([^"\n]*)"$', re.MULTILINE)


class EpisodeFiles(msgspec.Struct, frozen=True):
    """Where the files of an episode are; each "" if there is none."""

    source_url: str = ""
    audio_file: str = ""
    video_file: str = ""
    transcript_file: str = ""


class YouTubeFacts(msgspec.Struct, frozen=True):
    """The video of an episode."""

    video_id: str = ""
    scheduled_date: str = ""
    published_date: str = ""
    playlist_ids: tuple[str, ...] = ()


class EpisodeMetrics(msgspec.Struct, frozen=True):
    """Lengths in seconds, sizes in bytes."""

    audio_duration: float = 0.0
    audio_size: int = 0
    video_size: int = 0
    processing_time: float = 0.0


class EpisodeAttempts(msgspec.Struct, frozen=True):
    """The counted attempts of each stage."""

    download: int = 0
    conversion: int = 0
    upload: int = 0


class EpisodeState(msgspec.Struct, frozen=True):
    """An episode as its YAML file shows it; times are ISO 8601 in UTC."""

    episode_id: str
    archive_identifier: str
    date: str
    title: str
    stage: ProcessingStage
    status_message: str
    last_updated: str
    files: EpisodeFiles = EpisodeFiles()
    youtube: YouTubeFacts = YouTubeFacts()
    metrics: EpisodeMetrics = EpisodeMetrics()
    attempts: EpisodeAttempts = EpisodeAttempts()
    error_history: tuple[EpisodeError, ...] = ()

    @classmethod
    def from_item(cls, item: EpisodeItem, last_updated: str = "") -> EpisodeState:
        """Return the state of an item, by default as of the last time that the item has."""
        attempts = item.attempts if isinstance(item.attempts, dict) else {}
        paths = (item.audio_file, item.video_file, item.transcript_file)
        shown = map(path_text.display_path, map(path_text.unescape_path, paths))
        return cls(
            item.output_name,
            item.path,
            item.date,
            item.title,
            get_state(item),
            get_status_message(item),
            last_updated or get_last_change_time(item),
            EpisodeFiles(item.source_url, *shown),
            YouTubeFacts(
                item.video_id, item.scheduled_date, item.published_date, item.playlist_ids
            ),
            EpisodeMetrics(
                item.audio_duration,
                item.audio_size,
                item.video_size,
                round(item.processing_time, 3),
            ),
            EpisodeAttempts(*(attempts.get(stage, 0) for stage in TRIED.values())),
            item.errors,
        )


def get_status_message(item: EpisodeItem) -> str:
    """Return why an episode failed, was skipped or waits, "" if none of these."""
    if item.status is Status.SKIPPED:
        return item.skip_reason
    has_failed = item.status is Status.ERROR or get_state(item) is ProcessingStage.FAILED
    return item.error_message if has_failed else item.parked


def get_last_change_time(item: EpisodeItem) -> str:
    """Return the last time that an item has."""
    return max(item.added_date, item.started_date, item.processed_date, item.error_date)


def get_relative_path(item: EpisodeItem) -> str:
    """Return the path of the file of an episode below the state directory, if it is not packed."""
    return f"{FOLDER}/{item.date[:4] or 'undated'}/{item.output_name}.yaml"


def may_be_packed(item: EpisodeItem, now: datetime) -> bool:
    """Return whether an episode was published so long ago that its file may be packed."""
    limit = clock.format_iso(now - _PACKED_AFTER)
    return item.status is Status.COMPLETED and "" < item.published_date < limit


def render(item: EpisodeItem, last_updated: str) -> str:
    """Return the YAML of an episode."""
    return yaml_text.render(msgspec.to_builtins(EpisodeState.from_item(item, last_updated)))


def read(path: Path) -> EpisodeState:
    """Read the file of an episode, packed or not; raise Unreadable if it is invalid."""

    def parse(data: bytes) -> Any:
        return yaml_settings.parse_yaml(packed_text.unpack(data) if path.suffix == ".gz" else data)

    try:
        return msgspec.convert(untrusted_files.parse_settings(path, parse), EpisodeState)
    except Exception as error:
        hint = "Delete it: it is made new from the queue."
        raise Unreadable(path_text.escape_path(path), error, hint) from error


def find_last_update(folder: Path, item: EpisodeItem, default: str = "") -> str:
    """Return the `last_updated` of an episode's file.

    Without one, it is the default, or else the last time of the item, which may be earlier.
    """
    found = _LAST_UPDATED.search(packed_text.read(folder / get_relative_path(item)))
    return found[1] if found else default or get_last_change_time(item)


def is_current(folder: Path, item: EpisodeItem) -> bool:
    """Return whether the file of an episode is as the queue says."""
    text = render(item, find_last_update(folder, item))
    return packed_text.read(folder / get_relative_path(item)) == text


def update(folder: Path, item: EpisodeItem, changed: str, *, packed: bool) -> str:
    """Write the file of an episode if it differs from the queue; return its `last_updated`.

    That is the time `changed` if something has changed, or else what the file has.
    """
    time = find_last_update(folder, item)
    if changed and not is_current(folder, item):
        time = changed
    packed_text.write(folder / get_relative_path(item), render(item, time), packed=packed)
    return time


def build_index_entry(item: EpisodeItem) -> dict[str, str]:
    """Return the entry of an episode in index.json."""
    return {
        "stage": get_state(item),
        "date": item.date,
        "title": item.title,
        "file": get_relative_path(item),
    }
