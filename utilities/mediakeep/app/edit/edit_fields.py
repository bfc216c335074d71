"""Edits that set a field, or the fields of a list, in files, folders and albums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mediakeep.app.edit import album_files, audio_targets, edit_list_files, field_values
from mediakeep.app.edit.edit_command import EditCommand
from mediakeep.app.edit.edit_list_files import RowReader
from mediakeep.app.edit.edit_result import EditResult
from mediakeep.app.edit.field_values import FieldCondition
from mediakeep.app.edit.file_edits import FileEdits


def build_field_edits(
    name: str, values: Sequence[str], find_files: Callable[[], Sequence[Path]], *, yes: bool
) -> FileEdits:
    """Return the edits that set a field in all files that are found.

    Raise UsageError if the field or a value is invalid, or probably a mistake unless `yes`.
    """
    changes = field_values.build_edits(name, values, field_values.BY_HAND)
    field_values.check_value(name, values[0], yes=yes)
    files, edits = find_files(), FileEdits()
    field_values.check_not_shared([name], len(files), yes=yes)
    for file in files:
        edits.add(file, changes)
    return edits


def edit_paths(command: EditCommand, name: str, values: Sequence[str], paths: Iterable[str]) -> int:
    """Set a field in files and folders, and return the exit code."""
    finder = audio_targets.AudioFileFinder(command.home, Path(), command.policy.links)

    def find_files() -> list[Path]:
        return audio_targets.find_all(map(finder.find_path, paths), finder.ignored)

    edits = build_field_edits(name, values, find_files, yes=command.yes)
    return command.run(edits.all, EditResult())


def edit_albums(
    command: EditCommand,
    name: str,
    values: Sequence[str],
    albums: tuple[Iterable[str], Path | None, str | None],
    conditions: Sequence[str],
    *,
    only_missing: bool,
) -> int:
    """Set a field in the albums that `find_files` takes, and return the exit code.

    Files are left out that do not meet all conditions, or, with `only_missing`, have the field.
    """
    result = EditResult()

    def find_files() -> list[Path]:
        criteria = field_values.parse_conditions(conditions)
        if only_missing:
            criteria.append(FieldCondition(field_values.resolve_field(name)))
        files = album_files.find_files(command.home, *albums, command.policy.links)
        return album_files.filter_by_conditions(files, criteria, result)

    edits = build_field_edits(name, values, find_files, yes=command.yes)
    return command.run(edits.all, result)


def edit_from_list(command: EditCommand, file: Path, read: RowReader) -> int:
    """Apply the edits of a CSV or JSON file, and return the exit code."""
    finder = audio_targets.AudioFileFinder(command.home, file.parent, command.policy.links)
    edits = edit_list_files.read_edits(file, read, finder, yes=command.yes)
    return command.run(edits.all, EditResult())
