"""A progress bar on the last line of a terminal, drawn by rich."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text


class ProgressConsole(Console):
    """A console that never hides the cursor: a killed command could not show it again."""

    def show_cursor(self, show: bool = True) -> bool:
        """Show the cursor, or do nothing."""
        return show and super().show_cursor()


class RateColumn(ProgressColumn):
    """The number of items an hour, once it is known."""

    def render(self, task: Task) -> Text:
        """Return the rate of a task as text."""
        return Text(f"{3600 * task.speed:,.0f} an hour" if task.speed else "")


def create_progress(*, stderr: bool) -> Progress:
    """Create a progress bar that is removed at its end; names are never parsed as markup."""
    return Progress(
        BarColumn(bar_width=None, table_column=Column(ratio=1)),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        RateColumn(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(ratio=1, no_wrap=True, overflow="crop"),
        ),
        console=ProgressConsole(stderr=stderr, highlight=False),
        refresh_per_second=4,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        expand=True,
    )
