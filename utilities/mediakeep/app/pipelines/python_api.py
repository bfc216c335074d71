"""Processors, pipelines and sessions for Python code; `mediakeep` has these names.

    results = mediakeep.process("splitter-fixed", files, "pieces", duration=30)
    session = mediakeep.run_pipeline("podcast.yaml")

They run in worker processes, in sessions that the commands list and resume. The home is found as
commands find it; without one it is `.audiotoolkit` in the current folder. A stop signal pauses the
session and raises KeyboardInterrupt.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mediakeep import home_folder, path_text
from mediakeep.app.batch.output import NullOutput
from mediakeep.app.console import CollectingConsole
from mediakeep.app.pipelines import run_session, sessions
from mediakeep.app.pipelines.run_session import DEFAULT_OPTIONS, RunOptions
from mediakeep.app.pipelines.sessions import SessionInfo
from mediakeep.pipelines import configuration, inputs
from mediakeep.pipelines.configuration import Pipeline, PipelineInput, PipelineSettings
from mediakeep.pipelines.inputs import Inputs
from mediakeep.pipelines.item import HOME_FOLDER
from mediakeep.processors.interface import ProcessResult

StrPath = str | os.PathLike[str]


class PipelineEngine:
    """Checks and runs pipeline files; `options` has the limits of the worker processes."""

    def __init__(self, home: StrPath | None = None, options: RunOptions = DEFAULT_OPTIONS) -> None:
        given = os.fspath(home) if home else None
        self.home, self.options = home_folder.find_home(given, fallback=HOME_FOLDER), options

    def validate(self, path: StrPath) -> list[str]:
        """Return every fault of a pipeline file; [] if it is valid."""
        return configuration.validate_file(Path(path))

    def dry_run(self, path: StrPath) -> list[str]:
        """Return a line for each step, such as "Step 1: to-mp3 (converter)"."""
        return configuration.load_file(Path(path)).describe_steps()

    def execute(self, path: StrPath) -> SessionInfo:
        """Run a pipeline file in a new session, and return that; its state says how it ended."""
        pipeline = configuration.load_file(Path(path))
        return self._run(pipeline, inputs.find_inputs(pipeline.input, pipeline.output_dir))

    def _run(self, pipeline: Pipeline, given: Inputs) -> SessionInfo:
        return self.resume(run_session.create_session(self.home, pipeline, given).id)

    def resume(self, name: str) -> SessionInfo:
        """Run the pending files of a session, and return it."""
        console = CollectingConsole()
        code = run_session.run_session(self.home, name, NullOutput(), console, self.options)
        for text in console.messages:
            logging.getLogger("mediakeep").warning("%s", text)
        if code == run_session.STOPPED:
            raise KeyboardInterrupt
        return sessions.describe_session(self.home, name)


class SessionManager(PipelineEngine):
    """Runs a processor on files in sessions, and resumes sessions."""

    def run_batch(
        self,
        processor: str,
        files: Iterable[StrPath],
        output_dir: StrPath,
        *,
        resume_session_id: str = "",
        **params: Any,
    ) -> SessionInfo:
        """Run a processor in a new session, or go on with one; a file that fails stops no other."""
        if resume_session_id:
            return self.resume(sessions.prepare_resume(self.home, resume_session_id).id)
        target = path_text.escape_path(Path(output_dir).expanduser().absolute())
        pipeline = Pipeline(
            name=processor,
            settings=PipelineSettings(continue_on_error=True, output_dir=target),
            input=PipelineInput(path=""),
            steps=configuration.build_steps([{"processor": processor, "params": params}]),
        )
        return self._run(pipeline, Inputs.from_files(map(Path, files)))

    def resume_latest(self) -> SessionInfo:
        """Go on with the latest unfinished session."""
        return self.resume(sessions.prepare_resume(self.home).id)

    def list_results(self, name: str) -> list[ProcessResult]:
        """Return what the last step of a session has made of each file, in their order."""
        return sessions.read_results(self.home, sessions.describe_session(self.home, name))


def process(
    processor: str, files: Iterable[StrPath], output_dir: StrPath, **params: Any
) -> list[ProcessResult]:
    """Run a processor on files, and return a result for each, in their order."""
    manager = SessionManager()
    return manager.list_results(manager.run_batch(processor, files, output_dir, **params).id)


def run_pipeline(path: StrPath) -> SessionInfo:
    """Run a pipeline file, and return its session."""
    return PipelineEngine().execute(path)
