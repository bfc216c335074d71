"""The kind of episodes and its queue item.

The stages are the states of an episode up to "scheduled". A stage that only marks a state, such as
"downloaded", ends at once, so that each commit is one transition that users see.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mediakeep.episodes.states import ProcessingStage
from mediakeep.item import Item, Number, Status
from mediakeep.kinds import HistoryView, JobMetric, Kind
from mediakeep.outcome import Outcome
from mediakeep.queue.state import QueueState
from mediakeep.stages import Retry, Stage, StageTable

DONE = "done"  # the note of a step that is done
RETRY_DELAY = 300.0  # seconds before the second attempt
_MOST_ERRORS = 50  # that are kept of an episode
_LONGEST_TRACEBACK = 4000  # characters


class EpisodeError(msgspec.Struct, frozen=True):
    """A failed attempt of a stage."""

    timestamp: str
    stage: str
    error: str
    traceback: str = ""


class EpisodeItem(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """An item of archive.org with one audio file; paths are escaped, see `escape_path`.

    Its `path` is the identifier, and its `output_name` is the episode id.
    """

    title: str = ""
    date: str = ""  # YYYY-MM-DD, or "" if unknown
    audio_name: str = ""  # of the file at archive.org
    source_url: str = ""
    checksum: str = ""  # of the audio at archive.org, such as "md5:0123..."
    audio_size: Number = 0  # bytes
    audio_file: str = ""
    audio_duration: float = 0.0  # seconds
    video_file: str = ""
    video_size: Number = 0  # bytes
    video_sha256: str = ""
    transcript_file: str = ""
    upload_opened: str = ""  # first time by YouTube's clock; the session is in the working files
    channel: str = ""  # of the upload
    video_id: str = ""
    scheduled_date: str = ""
    published_date: str = ""
    playlist_ids: tuple[str, ...] = ()
    steps: dict[str, str] = msgspec.field(
        default_factory=dict
    )  # after the upload: DONE, or why not, by name
    processing_time: float = 0.0  # seconds of all stages
    errors: tuple[EpisodeError, ...] = ()


def limit_reset(item: Item) -> str:
    """Return the lowest stage for a reset: no video and no upload is forgotten."""
    assert isinstance(item, EpisodeItem)
    if item.video_id:
        return ProcessingStage.UPLOADED
    return ProcessingStage.UPLOADING if item.upload_opened else ""


def record_failure(item: Item, outcome: Outcome, now: str) -> dict[str, Any]:
    """Return the history of an episode's errors with a new one."""
    assert isinstance(item, EpisodeItem)
    stage = EPISODES.get_stage(item)
    error = EpisodeError(now, stage, outcome.message, outcome.traceback[-_LONGEST_TRACEBACK:])
    return {"errors": msgspec.to_builtins((*item.errors, error)[-_MOST_ERRORS:])}


def get_state(item: Item) -> ProcessingStage:
    """Return the state of an episode that users see."""
    if item.status is Status.SKIPPED:
        return ProcessingStage.SKIPPED
    if item.status is Status.COMPLETED:
        return ProcessingStage.PUBLISHED
    return ProcessingStage(item.processing_stage or EPISODES.first_stage)


def list_episodes(state: QueueState) -> list[EpisodeItem]:
    """Return all episodes of a queue."""
    return [item for item in state.items.values() if isinstance(item, EpisodeItem)]


def name_playlist_step(playlist_id: str) -> str:
    """Return the name in `EpisodeItem.steps` of the step that adds a video to a playlist."""
    return f"playlist {playlist_id}"


_S = ProcessingStage


def _build_tried(name: str, following: tuple[str, ...], times: int) -> Stage:
    return Stage(name, following, _S.FAILED, Retry(times, RETRY_DELAY, "skipped"))


def get_publication_order(item: Item) -> str:
    """Return what orders publications: the date of an episode, old ones first, and its path."""
    assert isinstance(item, EpisodeItem)
    return f"{item.date or 'undated'} {item.path}"


def get_claim_order(item: Item) -> str:
    """Return what orders the claims of episodes: those that only wait for a schedule are last."""
    waits = item.processing_stage == _S.UPLOADED and item.parked
    return f"{bool(waits):d} {get_publication_order(item)}"


EPISODES = Kind(
    name="episodes",
    noun="episode",
    plural="episodes",
    manager_script="episode_queue_manager.py",
    batch_script="migrate_episodes.py run",
    item_type=EpisodeItem,
    create_script="migrate_episodes.py discover",
    create_words="--collection NAME",
    subject="mediakeep.app.subjects.episodes:SUBJECT",
    settings="mediakeep.episodes.settings:EpisodeSettings",
    item_examples=("https://archive.org/details/identifier",),
    stages=StageTable(
        (
            Stage(_S.DISCOVERED, (_S.DOWNLOADING,)),
            _build_tried(_S.DOWNLOADING, (_S.DOWNLOADED,), 3),
            Stage(_S.DOWNLOADED, (_S.CONVERTING,)),
            _build_tried(_S.CONVERTING, (_S.CONVERTED,), 2),
            Stage(_S.CONVERTED, (_S.UPLOADING,)),
            _build_tried(_S.UPLOADING, (_S.UPLOADED, _S.UPLOADING), 3),
            # No failed attempt of these leads back: the video exists.
            Stage(_S.UPLOADED, (_S.SCHEDULED, _S.UPLOADED)),
            Stage(_S.SCHEDULED, (_S.SCHEDULED,)),
        ),
        completed=_S.PUBLISHED,
    ),
    reset_limit=limit_reset,
    record_failure=record_failure,
    claim_order=get_claim_order,
    follower="mediakeep.episodes.exports.follower:ExportFollower",
    history_views=(
        HistoryView(
            "episode_stages",
            "stages",
            {"episode": "item", **{name: name for name in ("stage", "outcome", "time", "seconds")}},
        ),
    ),
    measures=(
        JobMetric("uploaded", "uploaded_bytes", unit="B"),
        JobMetric("times real time", "audio_seconds", per="stage_seconds", unit="x"),
    ),
    library_noun="items of archive.org",
)
