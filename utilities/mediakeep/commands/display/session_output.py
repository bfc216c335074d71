"""The output of a session: its files, a progress bar or a line every 30 s, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from mediakeep import path_text
from mediakeep.app.pipelines.sessions import SessionInfo
from mediakeep.app.pipelines.toolkit import FileResult
from mediakeep.commands.display.batch_output import TextOutput
from mediakeep.pipelines.item import PIPELINES
from mediakeep.runner.batch_config import BatchResult
from mediakeep.views.summary import QueueStatus


class SessionOutput(TextOutput):
    """Shows the files of a session; with JSON, only a progress bar on stderr."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__(PIPELINES, lambda _: [], has_progress=sys.stderr.isatty())
        self._is_quiet = as_json

    def on_progress(self, key: str, done: int, of: int, service: str, stage: str = "") -> None:
        """Show the file and the step that is being done."""
        shown = f"{key} {stage}".rstrip() if self._progress else key
        super().on_progress(shown, done, of, service, stage)

    def on_finish(self, report: BatchResult, summary: QueueStatus) -> None:  # noqa: ARG002
        """Remove the progress bar; a session may have several batches."""
        self.close()

    def _print_line(self, line: str) -> None:
        if not self._is_quiet:
            super()._print_line(line)


def format_results(
    info: SessionInfo, results: Sequence[FileResult], *, is_analysis: bool
) -> list[str]:
    """Return lines on what came of a session, with the metrics of an analysis."""
    total = sum(info.counts.values())
    lines = []
    for result in results:
        if result.metrics and (is_analysis or not result.outputs):
            lines += [path_text.quote_escaped(result.path), *_format_metrics(result.metrics)]
    failed = [result for result in results if result.state == "failed"]
    lines.append(f"Session {info.id} {info.state}: {info.completed} of {total} files completed.")
    lines += [f"  {path_text.quote_escaped(file.path)}: {file.message}" for file in failed]
    if any(result.outputs for result in results):
        lines.append(f"Outputs: {info.output_dir}")
    if info.state in ("failed", "paused"):
        lines.append(f"To continue it: audiotoolkit sessions resume {info.id}")
    return lines


def _format_metrics(metrics: Mapping[str, Any]) -> list[str]:
    width = max(map(len, metrics))
    return [f"  {name:{width}}  {_format_value(value)}" for name, value in metrics.items()]


def _format_value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_format_value, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_format_value(inner)}" for name, inner in value.items())
    return f"{value:.6g}" if isinstance(value, float) else str(value)
