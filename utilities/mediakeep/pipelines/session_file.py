"""The file of a session: its pipeline as it was when the session was created, and its inputs."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep.errors import StateDamaged
from mediakeep.pipelines.configuration import Pipeline, PipelineStep
from mediakeep.pipelines.item import PIPELINES
from mediakeep.processors import registry
from mediakeep.untrusted_files import decode_json, read_bytes
from mediakeep.workspace.system_errors import write_working_file

FILE_NAME = "session.json"
_MEASURE = " (measure)"  # ends the name of a stage; no step may have a bracket in its name


class PlannedStage(msgspec.Struct, frozen=True):
    """A stage of a session: the number of its step, and whether it only measures.

    With `waits`, no file begins it before all files have ended the stage before it.
    """

    name: str
    step: int
    measures: bool = False
    waits: bool = False


class SessionFile(msgspec.Struct, frozen=True, kw_only=True):
    """A session. `created` is ISO 8601 in UTC; `root` is the folder of its inputs, escaped."""

    id: str
    created: str
    root: str
    pipeline: Pipeline
    format: int = 1

    @property
    def stages(self) -> list[PlannedStage]:
        """The stages of the session in their order."""
        return list_stages(self.pipeline.steps)

    def save(self, folder: Path) -> None:
        """Write the file to the folder of the session; raise DiskFull and NotCopied."""
        write_working_file(folder / FILE_NAME, self)


def list_stages(steps: tuple[PipelineStep, ...]) -> list[PlannedStage]:
    """Return the stages of the steps of a pipeline."""
    stages = []
    for number, step in enumerate(steps):
        waits = step.needs == "all"
        if registry.get_processor(step.processor).measure and waits:
            stages.append(PlannedStage(step.name + _MEASURE, number, measures=True))
        stages.append(PlannedStage(step.name, number, waits=waits))
    return stages


def get_folder(home: Path, session: str) -> Path:
    """Return the folder of a session."""
    return home / "status" / PIPELINES.name / session


def load(folder: Path) -> SessionFile:
    """Return the session of a folder; raise StateDamaged if its file is missing or damaged."""
    path = folder / FILE_NAME
    try:
        return decode_json(read_bytes(path), SessionFile)
    except (OSError, msgspec.DecodeError) as error:
        raise StateDamaged(
            f"{path} cannot be read: {error}. Restore it from a backup, or remove the session."
        ) from error
