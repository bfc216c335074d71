"""How episodes are added and planned: functions of their subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from mediakeep.episodes.item import EpisodeItem
from mediakeep.episodes.job import EpisodeJob, open_clients
from mediakeep.episodes.settings import EpisodeSettings
from mediakeep.item import Item, NewItem
from mediakeep.lookups.archive_org import find_items
from mediakeep.size_text import format_size


def build_job(_home: Path, item: Item, settings: EpisodeSettings) -> EpisodeJob:
    """Return the job of an item."""
    assert isinstance(item, EpisodeItem)
    return EpisodeJob(item, settings, open_clients(settings))


def build_item(text: str, settings: EpisodeSettings) -> NewItem | None:
    """Return the item of an identifier or an address of archive.org."""
    name = find_items.parse_identifier(text)
    return find_items.build_item(open_clients(settings).archive, name) if name else None


def describe_stages(job: EpisodeJob) -> Mapping[str, list[str]]:
    """Return a line on each stage that does something."""
    item, options = job.item, job.options
    video, schedule = options.video, options.schedule
    size = f", {format_size(item.audio_size)}" if item.audio_size else ""
    steps = ", ".join(
        [
            *(f"playlist {one}" for one in options.playlist_ids),
            *(["thumbnail"] if options.thumbnails else []),
            *(["captions"] if options.captions and options.audio_language else []),
            f"every {schedule.every} at {schedule.at} {schedule.timezone}"
            if schedule.every
            else "no schedule: it stays private",
        ]
    )
    return {
        "downloading": [f"downloading: {item.audio_name or 'audio'}{size}"],
        "converting": [f"converting: {video.width} x {video.height}, H.264 and AAC"],
        "uploading": [f"uploading: {options.youtube.channel or 'the channel of the token'}"],
        "uploaded": [f"uploaded: {steps}"],
        "scheduled": ["scheduled: until its video is public"],
    }


def restore_slots(_home: Path, settings: EpisodeSettings, items: Mapping[str, Item]) -> None:
    """Note the publication times that episodes have, in case their file was deleted."""
    known = {
        item.output_name: datetime.fromisoformat(item.scheduled_date)
        for item in items.values()
        if isinstance(item, EpisodeItem) and item.scheduled_date
    }
    if known:
        open_clients(settings).slots.add_known(known)


def find_unblocked(items: Mapping[str, Item], settings: EpisodeSettings) -> Sequence[str]:
    """Return the keys of the episodes that wait for a schedule, if there is one now."""
    if not settings.episodes.schedule.every:
        return ()
    waiting = {key: item for key, item in items.items() if item.parked}
    return [key for key, item in waiting.items() if item.processing_stage == "uploaded"]
