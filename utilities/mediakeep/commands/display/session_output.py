"""The output of a session: its files, and a progress bar or a line every 30 s."""

from __future__ import annotations

import sys

from mediakeep.commands.display.batch_output import TextOutput
from mediakeep.pipelines.item import PIPELINES
from mediakeep.runner.batch_config import BatchResult, ParkedItem
from mediakeep.views.summary import QueueStatus


class SessionOutput(TextOutput):
    """Shows the files of a session; with JSON, only a progress bar on stderr."""

    def __init__(self, *, is_quiet: bool) -> None:
        super().__init__(PIPELINES, lambda _: [], has_progress=sys.stderr.isatty())
        self._is_quiet = is_quiet

    def on_progress(self, key: str, done: int, of: int, service: str, stage: str = "") -> None:
        """Show the file and the step that is being done."""
        shown = f"{key} {stage}".rstrip() if self._progress else key
        super().on_progress(shown, done, of, service, stage)

    def on_parked(self, parked: ParkedItem) -> None:
        """Show why a file waits, but not that it has come to a step which needs all files."""
        if parked.until:
            super().on_parked(parked)

    def on_finish(self, report: BatchResult, summary: QueueStatus) -> None:  # noqa: ARG002
        """Remove the progress bar; a session may have several batches."""
        self.close()

    def _print_line(self, line: str) -> None:
        if not self._is_quiet:
            super()._print_line(line)
