"""The kind of pipelines and its queue item, an audio file; a session is a named queue of the kind.

    status/pipelines/20261124-091530-1234/                  the queue of a session
    status/pipelines/20261124-091530-1234/session.json      its pipeline, see `session_file`
    status/pipelines/20261124-091530-1234/state/            what its steps have done, see `records`

Each step of the pipeline is a stage. One that combines what it measures of all files has two: the
stage "album-gain (measure)" and, once all files have passed it, "album-gain".
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from mediakeep.item import Item, Number
from mediakeep.kinds import AUDIO_METRICS, Kind
from mediakeep.stages import Retry, Stage, StageTable

HOME_FOLDER = ".audiotoolkit"  # in the current folder: the home if there is no other
_ONCE = Retry(1, 0.0)  # what a processor cannot do, it cannot do a second time


class PipelineFile(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """An input file. Its key is its path below the input folder, escaped."""

    shares_stem: Number = 0  # 1 if another input has its name with another suffix
    output_path: str = ""  # its output, or their folder if there are several; escaped
    output_count: Number = 0


PIPELINES = Kind(
    name="pipelines",
    noun="input",  # `file` is an option of commands that undo changes
    plural="inputs",
    manager_script="pipeline_queue_manager.py",
    batch_script="audio_toolkit.py sessions resume",
    create_script="audio_toolkit.py pipeline run",
    create_words="--config FILE",
    item_type=PipelineFile,
    subject="mediakeep.app.subjects.pipelines:SUBJECT",
    settings="mediakeep.pipelines.presets:ToolkitSettings",
    stages=StageTable((Stage("step"),)),  # each queue has its own
    stores_stages=True,
    measures=AUDIO_METRICS[1:],
    library_noun="audio files",
)


def build_kind(session: str, stages: Iterable[str]) -> Kind:
    """Return the kind of a session, whose items pass through stages in this order."""
    names = [*stages]
    following = [(name,) for name in names[1:]] + [()]
    table = StageTable(
        tuple(Stage(name, after, retry=_ONCE) for name, after in zip(names, following, strict=True))
    )
    queue = f" --queue {session}"
    return structs.replace(
        PIPELINES,
        name=f"{PIPELINES.name}/{session}",
        manager_script=PIPELINES.manager_script + queue,
        batch_script=PIPELINES.batch_script + queue,
        stages=table,
    )
