"""Show a question: the place, the values here and there, and what can be chosen.

Text scrolls as in other commands, so that any terminal, window or pipe can show it.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from mediakeep import path_text, size_text
from mediakeep.app.edit import text_differences
from mediakeep.app.reviews import questions as question_list
from mediakeep.app.reviews.preview_answers import AnswerPreview, Candidate, CoverChoice
from mediakeep.app.reviews.preview_movie import SidecarPreview
from mediakeep.app.reviews.questions import QuestionGroup, ReviewQuestion
from mediakeep.app.reviews.sitting import SittingFilter
from mediakeep.commands import app
from mediakeep.commands.display import inline_pictures
from mediakeep.media.audio.tag_edits import PICTURES_FIELD
from mediakeep.music.repairs.history import field_label
from mediakeep.music.repairs.plans import FilePlan, PlannedChange
from mediakeep.size_text import format_count

_NARROW = 70  # columns; below, values are shown below each other
_OLD_STYLE, _NEW_STYLE = "black on red", "black on green"
_SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_NOTHING = "nothing"
_MAX_VALUE = 200  # characters of a field of an NFO
# The fields of an NFO by which a user recognizes a movie; of others the names are shown.
_NFO_FIELDS = (
    *("title", "original title", "year", "directors", "runtime", "countries", "genres"),
    *("plot", "ids"),
)


class QuestionView:
    """Prints questions and messages to stdout."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
        if not sys.stdout.isatty():
            self._console.width = 100

    @property
    def has_colors(self) -> bool:
        """True if differences are marked by colours, else by signs."""
        return self._console.color_system is not None and not self._console.no_color

    def print_line(self, text: str, style: str = "") -> None:
        """Print a line of text; control characters are escaped."""
        self._console.print(Text(path_text.to_printable(text), style), overflow="fold")

    def print_result(self, text: str, style: str = "") -> None:
        """Print a line on what was done, unless the command is quiet."""
        if not app.is_quiet():
            self.print_line(text, style)

    def print_command(self, text: str, command: str) -> None:
        """Print a command in one line after a text, however narrow the window is."""
        self._console.print(Text(f"{text} {command}"), soft_wrap=True)

    def print_group(self, group: QuestionGroup, progress: str) -> None:
        """Print what a group of questions is about."""
        first, count = group.first, len(group.questions)
        title = f"{progress}  {first.kind}" + (f", {count} times" if count > 1 else "")
        self._console.print()
        self._console.print(
            Rule(
                Text(title, _SEVERITY_STYLES.get(first.severity, "")), align="left", characters="-"
            )
        )
        self.print_line(" / ".join(filter(None, (first.name, first.album))), "bold")
        self.print_line(first.meaning)
        for question in group.questions:
            name = question.path.removeprefix(f"{question.album}/")
            if text := ": ".join(filter(None, (name, question.detail))):
                self.print_line(f"  {text}")
        if first.held:
            self.print_line(f"Not repaired by a batch: {first.held}.")

    def print_questions(self, home: Path, chosen: SittingFilter) -> int:
        """Print the groups of questions in their order, and return the exit code."""
        warnings: list[str] = []
        found = chosen.read_questions(home, warnings)
        groups = question_list.group_questions(found, chosen.order)
        for number, group in enumerate(groups, 1):
            self.print_group(group, f"{number} of {len(groups)}")
            if group.first.proposal:
                self.print_line(f"Proposed: {group.first.proposal}")
        for warning in warnings:
            self.print_line(warning)
        count = format_count(len(groups), "group")
        self.print_line(f"{format_count(len(found), 'question')} in {count}.")
        return 0

    def print_preview(self, shown: AnswerPreview, asked: Sequence[ReviewQuestion] = ()) -> None:
        """Print the changes of an answer, side by side if the window is wide enough.

        Files have their artist and album if `asked` are questions of several albums.
        """
        parts = 3 if len({(question.item, question.album) for question in asked}) > 1 else 1
        show = self._stack if self._console.width < _NARROW else self._table
        if shown.files:
            self._console.print(show(shown.files, parts))
        for file in shown.sidecars:
            self._print_sidecar(file)
        for text in (*shown.refused.values(), *shown.notes):
            self.print_line(text, "yellow")

    def _print_sidecar(self, file: SidecarPreview) -> None:
        """Print a file that a batch writes for a movie: the fields of an NFO, or a picture."""
        state = "new" if file.is_new else "changed"
        if file.link:
            line = Text(path_text.to_printable(file.path), f"link {file.link}")
            line.append(f": {state}, {file.width} x {file.height} pixels")
            self._console.print(line, overflow="fold")
            if not self.has_colors:
                self.print_command("    ", file.link)
            return
        self.print_line(f"{file.path}: {state}")
        for name in filter(file.changes.get, _NFO_FIELDS):
            values = (textwrap.shorten(value, _MAX_VALUE) for value in file.changes[name])
            self.print_line(f"  {name}: {' -> '.join(filter(None, values)) or _NOTHING}")
        if others := [name for name in file.changes if name not in _NFO_FIELDS]:
            self.print_line(f"  and {', '.join(others)}")

    def _table(self, files: Sequence[FilePlan], parts: int) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for heading in ("file", "field", "here", "there"):
            table.add_column(heading, overflow="fold")
        for plan, change in _iter_changes(files):
            old, new = self._mark(change)
            table.add_row(Text(_file_name(plan, parts)), Text(field_label(change.field)), old, new)
        return table

    def _stack(self, files: Sequence[FilePlan], parts: int) -> Text:
        lines = Text(overflow="fold")
        for plan, change in _iter_changes(files):
            old, new = self._mark(change)
            lines.append(f"{_file_name(plan, parts)}: {field_label(change.field)}\n")
            lines.append("  here:  ").append_text(old).append("\n")
            lines.append("  there: ").append_text(new).append("\n")
        lines.rstrip()
        return lines

    def _mark(self, change: PlannedChange) -> tuple[Text, Text]:
        """Return the old and the new value, with their differences marked."""
        old, new = _format_values(change, change.old), _format_values(change, change.new)
        if change.field == PICTURES_FIELD:
            return Text(old), Text(new, _link(Path(path_text.unescape_path(change.image))))
        if _NOTHING in (old, new):
            return Text(old), Text(new)
        left, right = Text(), Text()
        for is_equal, before, after in text_differences.compare_texts(old, new):
            if is_equal:
                left.append(before)
                right.append(after)
                continue
            self._append_marked(left, before, _OLD_STYLE, "[-{}-]")
            self._append_marked(right, after, _NEW_STYLE, "{{+{}+}}")
        return left, right

    def _append_marked(self, text: Text, part: str, style: str, signs: str) -> None:
        if part:
            text.append(part if self.has_colors else signs.format(part), style)

    def print_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Print what can be chosen by its number, with what speaks against each."""
        for number, candidate in enumerate(candidates, 1):
            name = Text(path_text.to_printable(candidate.name), f"bold link {candidate.link}")
            facts = ", ".join(filter(None, (candidate.confidence, candidate.facts)))
            line = Text(f"{number:>3}  ").append_text(name)
            line.append(path_text.to_printable(f"  {facts}" if facts else ""))
            self._console.print(line, overflow="fold")
            if candidate.against:
                text = Text(path_text.to_printable(f"against it: {'; '.join(candidate.against)}"))
                self._console.print(Padding(text, (0, 0, 0, 5), expand=False))
            if not self.has_colors:
                self.print_command("    ", candidate.link)

    def print_covers(self, covers: Sequence[CoverChoice], folder: Path) -> None:
        """Print the pictures in a folder, which can be chosen by their numbers.

        They are shown in terminals that can.
        """
        for number, cover in enumerate(covers, 1):
            line = Text(f"{number:>3}  ").append(
                path_text.to_printable(cover.name), f"bold link {cover.link}"
            )
            size = size_text.format_size(cover.size)
            line.append(f"  {cover.width} x {cover.height} pixels, {size}")
            self._console.print(line, overflow="fold")
            if not self.has_colors:
                self.print_command("    ", cover.link)
            if self._console.is_terminal:
                picture = folder / path_text.unescape_path(cover.name)
                sys.stdout.write(inline_pictures.encode_picture(picture))

    def print_keys(self, keys: Iterable[tuple[str, str]]) -> None:
        """Print the keys of a question in one paragraph."""
        parts = (f"{key} {meaning}".replace(" ", "\0") for key, meaning in keys)
        for line in textwrap.wrap(", ".join(parts), self._console.width):  # between the keys
            self.print_line(line.replace("\0", " "), "dim")


def _iter_changes(files: Iterable[FilePlan]) -> Iterator[tuple[FilePlan, PlannedChange]]:
    yield from ((plan, change) for plan in files for change in plan.changes)


def _file_name(plan: FilePlan, parts: int) -> str:
    return path_text.to_printable("/".join(plan.path.split("/")[-parts:]))


def _format_values(change: PlannedChange, values: Sequence[str]) -> str:
    if change.field == PICTURES_FIELD:
        if values is change.new and change.image:
            return path_text.to_printable(change.image.rpartition("/")[2])
        return format_count(len(values), "picture") if values else _NOTHING
    return path_text.to_printable("; ".join(values)) if values else _NOTHING


def _link(path: Path) -> Style:
    return Style(link=path.absolute().as_uri())
