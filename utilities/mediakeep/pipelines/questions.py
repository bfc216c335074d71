"""The questions of the wizard, as a table that is built from the answers so far.

The first question without an answer is the next one; to go back is to remove the last answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, structs

from mediakeep import atomic_files, path_text, setting_fields, suggestions, yaml_text
from mediakeep.errors import UsageError
from mediakeep.pipelines.presets import Values
from mediakeep.processors import registry
from mediakeep.setting_fields import SettingField

NO_PRESET = "none"


class Question(msgspec.Struct, frozen=True):
    """A question: the name of its answer, its text, and how an answer is parsed.

    `default` is the answer that is proposed, as text; None if there is none. With `choices`, which
    maps each to its meaning, an answer may also be the number of one. `parse` raises ValueError.
    """

    name: str
    text: str
    help: str
    default: str | None = None
    choices: Mapping[str, str] = {}
    parse: Callable[[str], Any] = str

    def parse_answer(self, text: str) -> Any:
        """Return the value of an answer; raise ValueError if it is invalid."""
        names = [*self.choices]
        if names and text not in names:
            if not (text.isdecimal() and 1 <= int(text) <= len(names)):
                near = suggestions.suggest_closest_name(text, names)
                raise ValueError(
                    f'"{path_text.to_printable(text)}" is none of them{near and "." + near}'
                )
            text = names[int(text) - 1]
        return self.parse(text)


class ToolkitCommand(msgspec.Struct, frozen=True):
    """A command, such as "split fixed", with its processor."""

    name: str
    processor: str
    summary: str
    only: str = ""  # the only parameter that the user may set, and must
    has_none: bool = False  # whether the user may set no parameter

    def list_fields(self) -> list[SettingField]:
        """Return the parameters that the user may set, first those that the user must."""
        kind = registry.get_processor(self.processor).description.parameters
        fields = setting_fields.list_fields(kind, (self.processor,))
        if self.only:
            return [structs.replace(f, default=UNSET) for f in fields if f.name == self.only]
        required_first = sorted(fields, key=lambda field: field.default is not UNSET)
        return [] if self.has_none else required_first


def list_questions(
    commands: Mapping[str, ToolkitCommand],
    presets: Mapping[str, Mapping[str, Values]],
    answers: Mapping[str, Any],
) -> Iterator[Question]:
    """Yield all questions that follow from the answers, those with an answer included."""
    meanings = {name: command.summary for name, command in commands.items()}
    yield Question("command", "Command", "What you want to do.", choices=meanings)
    if not (command := commands.get(answers.get("command", ""))):
        return
    yield Question("input", "Input", "A folder or an audio file.", parse=_parse_input)
    yield Question("output", "Output folder", "It is created if missing.", "data/output")
    fitting = {name: table for name, table in presets.items() if command.processor in table}
    if fitting:
        meanings = {
            name: _format_values(table[command.processor]) for name, table in fitting.items()
        }
        choices = {NO_PRESET: "the defaults of the processor", **meanings}
        yield Question("preset", "Preset", "Values to begin with.", NO_PRESET, choices)
    values = fitting.get(answers.get("preset", ""), {}).get(command.processor, {})
    for field in command.list_fields():
        yield _build_question(field, values.get(field.name, field.default))


def _build_question(field: SettingField, default: Any) -> Question:
    nothing = [None] if field.choices and field.own_type is not field.type else []
    text = f"{field.name.replace('_', ' ').capitalize()}{f' ({field.unit})' * bool(field.unit)}"
    return Question(
        f"params.{field.name}",
        text,
        f"{field.help} It is {field.describe_values()}.",
        None if default is UNSET else field.format_value(default),
        {field.format_value(choice): "" for choice in (*field.choices, *nothing)},
        field.parse_text,
    )


def _parse_input(text: str) -> str:
    path = Path(text).expanduser()
    if not os.access(path, os.R_OK):
        raise ValueError(f"{path_text.display_path(path)} does not exist or cannot be read")
    return text


def _format_values(values: Values) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def list_values(command: ToolkitCommand, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters in the answers."""
    return {field.name: answers[f"params.{field.name}"] for field in command.list_fields()}


def build_words(
    command: ToolkitCommand,
    answers: Mapping[str, Any],
    presets: Mapping[str, Mapping[str, Values]],
) -> list[str]:
    """Return the words of the command that does what the answers say."""
    words = [*command.name.split(), "--input", answers["input"], "--output", answers["output"]]
    preset: Values = {}
    if (name := answers.get("preset", NO_PRESET)) != NO_PRESET:
        preset = presets[name][command.processor]
        words += ["--preset", name]
    values = list_values(command, answers)
    for field in command.list_fields():
        if values[field.name] != preset.get(field.name, field.default):
            words += field.format_option(values[field.name])
    return words


def save_pipeline(
    path: Path, command: ToolkitCommand, answers: Mapping[str, Any], formats: Iterable[str]
) -> Path:
    """Write the pipeline that does what the answers say, with files of the same formats.

    Raise UsageError if the file exists.
    """
    if path.exists():
        raise UsageError(f"{path_text.display_path(path)} exists already. Use another name.")
    name = command.name.replace(" ", "-")
    given = list_values(command, answers).items()
    params = {parameter: value for parameter, value in given if value is not None}
    values = {
        "name": name,
        "settings": {"continue_on_error": True, "output_dir": answers["output"]},
        "input": {"path": answers["input"], "formats": [*formats]},
        "steps": [{"name": name, "processor": command.processor, "params": params}],
    }
    atomic_files.write_atomic(path, yaml_text.render(values))
    return path
