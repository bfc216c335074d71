"""A reference kind: recordings, which are folders of WAV files that are made half as loud."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mediakeep.item import Item, Number
from mediakeep.job_settings import JobSettings
from mediakeep.kinds import HistoryView, JobMetric, Kind, WorkingCopy
from mediakeep.setting_fields import UserPath
from mediakeep.stages import Retry, Stage, StageTable


class Recording(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """A folder of WAV files, with its own settings and the paths of its copies."""

    track_count: Number = 0
    output_dir: str = ""  # its own setting; "" uses the command's
    working_path: str = ""
    converted: float = 0.0  # seconds since the epoch
    output_path: str = ""


class RecordingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The section [recordings]."""

    output: Annotated[UserPath, Meta(description="Where recordings are published.")] = (
        "outputs/recordings"
    )
    working: Annotated[UserPath, Meta(description="Where they are converted.")] = "working"
    publish_after: Annotated[
        float, Meta(description="The wait.", extra={"is_duration": True, "metavar": "TIME"})
    ] = 0.0
    delete_original: Annotated[bool, Meta(description="Delete the original at the end.")] = False
    keep_working: Annotated[bool, Meta(description="Keep the working copy at the end.")] = False


class RecordingSettings(JobSettings, frozen=True, kw_only=True):
    """The settings of recordings."""

    recordings: RecordingOptions = RecordingOptions()


_COPY = WorkingCopy("working_path", "converting")
KIND = Kind(
    name="recordings",
    noun="recording",
    plural="recordings",
    manager_script="recording_queue_manager.py",
    batch_script="process_recordings.py",
    item_type=Recording,
    subject="tests.reference.subject:SUBJECT",
    settings=f"{__name__}:RecordingSettings",
    interface=1,
    stages=StageTable(
        (
            Stage("copying", ("converting",), "failed_copy", Retry(3, 0.0)),
            Stage("converting", ("publishing",), "failed_convert", Retry(2, 0.0)),
            Stage("publishing", (), "failed_publish", Retry(3, 0.0)),
        ),
        completed="completed",
    ),
    reset_limit=_COPY.limit_reset,
    cleans_up=True,
    consumes_source=True,
    has_working_copy=_COPY.exists,
    history_views=(
        HistoryView("recording_stages", "stages", {"recording": "item", "stage": "stage"}),
    ),
    measures=(JobMetric("frames a second", "frames", per="stage_seconds"),),
    part_noun="track",
    library_noun="folders with WAV files",
    stray_noun="WAV file",
)
