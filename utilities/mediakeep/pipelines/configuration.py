"""Pipelines as their YAML files describe them: read, check, and name every fault at once.

    name: podcast
    settings: {output_dir: ./data/output}
    input: {path: ./recordings, formats: [wav, flac]}
    steps:
      - {name: convert-to-mp3, processor: converter, params: {format: mp3}}
      - {name: split-chunks, processor: splitter-fixed, params: {duration: 30}}

`check_pipeline` and `validate_file` return the faults, `load_file` raises them all in an error of
the class of the first. `build_steps` makes the steps of a command or of Python by the same checks.
Paths are relative to the current folder; a `Pipeline` has absolute ones, escaped.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import UNSET, Meta

from mediakeep import path_text, setting_fields, suggestions, untrusted_files, yaml_nodes, yaml_text
from mediakeep.errors import (
    InvalidPipelineError,
    InvalidYAMLError,
    MediakeepError,
    MissingParameterError,
    UnknownProcessorError,
    UsageError,
)
from mediakeep.processors import registry
from mediakeep.processors.interface import Processor
from mediakeep.setting_fields import SettingField

_STEP_NAME = re.compile(r"\w[\w .+-]{0,59}(?<![ .])")  # a folder and a stage have this name
_EMPTY = "tag:yaml.org,2002:map"
_NO_DEFAULTS: Mapping[str, Any] = {}


class PipelineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The section `settings` of a pipeline."""

    checkpoint_interval: Annotated[int, Meta(ge=1)] = 100  # settled files between two checkpoints
    continue_on_error: bool = False
    output_dir: setting_fields.UserPath = "./data/output"


class PipelineInput(msgspec.Struct, frozen=True, kw_only=True):
    """The section `input`: a folder or a file."""

    path: Annotated[setting_fields.UserPath, Meta(description="A folder, or an audio file.")]
    recursive: bool = True
    formats: Annotated[tuple[str, ...], Meta(min_length=1)] = ("wav", "mp3", "flac")


class PipelineStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step: the processor, its parameters, and whether it needs one file or all files.

    With "all", no file begins the step before all files have ended the one before it.
    """

    name: Annotated[str, Meta(description="It is that of a folder, too, such as to-mp3.")]
    processor: Annotated[str, Meta(description="audiotoolkit plugins list shows all.")]
    params: dict[str, Any] = {}
    needs: Literal["file", "all"] = "file"


class Pipeline(msgspec.Struct, frozen=True, kw_only=True):
    """A pipeline that has been checked; the parameters of its steps are complete."""

    name: Annotated[str, Meta(min_length=1)]
    description: str = ""
    version: str = "1.0"
    settings: PipelineSettings = PipelineSettings()
    input: Annotated[PipelineInput, Meta(description="Such as {path: ./recordings}.")]
    steps: Annotated[
        tuple[PipelineStep, ...],
        Meta(description="Such as [{name: to-mp3, processor: converter, params: {format: mp3}}]."),
    ]

    @property
    def output_dir(self) -> Path:
        """The folder of the outputs of the last step."""
        return path_text.to_path(self.settings.output_dir)

    def describe_steps(self) -> list[str]:
        """Return a line for each step, as a dry run shows them."""
        return [
            f"Step {number}: {step.name} ({step.processor})"
            for number, step in enumerate(self.steps, 1)
        ]


class Fault(msgspec.Struct, frozen=True):
    """A fault of a pipeline file: what and where it is, and its cure; lines count from 1."""

    line: int
    column: int
    text: str
    error: type[UsageError] = InvalidPipelineError

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.text}"


def validate_file(path: Path) -> list[str]:
    """Return every fault of a pipeline file with line, column and cure; [] if it is valid.

    Raise UsageError if the file cannot be read.
    """
    return [str(fault) for fault in check_pipeline(read_file(path))[1]]


def load_file(path: Path, defaults: Mapping[str, Mapping[str, Any]] = _NO_DEFAULTS) -> Pipeline:
    """Return the pipeline of a file; raise an error of the class of its first fault, with all.

    `defaults` are by processor, for parameters that the file does not set.
    """
    pipeline, faults = check_pipeline(read_file(path), defaults)
    if pipeline is None:
        found = "\n".join(f"  {fault}" for fault in faults)
        raise faults[0].error(f"{path_text.display_path(path)} is not a valid pipeline:\n{found}")
    return pipeline


def build_steps(steps: Iterable[Mapping[str, Any]]) -> tuple[PipelineStep, ...]:
    """Return steps that a command or Python gives; raise an error as `load_file` does.

    Each has a processor; its name, params and needs are as in a file.
    """
    plain = [
        {"name": step["processor"], **{name: _to_plain(step[name]) for name in step if step[name]}}
        for step in steps
    ]
    values = {"name": "command", "input": {"path": "."}, "steps": plain}
    pipeline, faults = check_pipeline(yaml_text.render(values).encode())
    if pipeline is None:
        raise faults[0].error(" ".join(fault.text for fault in faults))
    return pipeline.steps


def _to_plain(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=str)  # such as a Path


def read_file(path: Path) -> bytes:
    """Return the bytes of a pipeline file; raise UsageError if it cannot be read."""
    try:
        return untrusted_files.read_bytes(path, untrusted_files.MAX_SETTINGS_SIZE)
    except OSError as error:
        shown = path_text.display_path(path)
        raise UsageError(f"{shown} cannot be read: {error.strerror}. Check the path.") from error


def check_pipeline(
    data: bytes, defaults: Mapping[str, Mapping[str, Any]] = _NO_DEFAULTS
) -> tuple[Pipeline | None, list[Fault]]:
    """Return the pipeline of a YAML document, or None and its faults in the order of its lines."""
    registry.warn_left_out()
    checker = _Checker(defaults)
    try:
        root, problems = yaml_nodes.parse(data, "name, input and steps")
    except yaml_nodes.InvalidYAML as error:
        line, column, text = error.args
        return None, [Fault(line, column, text, InvalidYAMLError)]
    values, _ = checker.check_struct(root, Pipeline, "the pipeline")
    places = {problem[:2] for problem in problems}  # what is wrong with them follows from that
    checker.faults = [
        *(fault for fault in checker.faults if (fault.line, fault.column) not in places),
        *(Fault(*problem, InvalidYAMLError) for problem in problems),
    ]
    if not checker.faults:
        try:
            return msgspec.convert(values, Pipeline), []
        except msgspec.ValidationError as error:  # no field alone is wrong
            checker.add(root, str(error))
    return None, sorted(checker.faults, key=lambda fault: (fault.line, fault.column))


class _Checker:
    """Builds the plain values of a pipeline from YAML nodes, and collects their faults."""

    def __init__(self, defaults: Mapping[str, Mapping[str, Any]]) -> None:
        self.faults, self._defaults = list[Fault](), defaults

    def add(
        self, node: yaml.Node, text: str, error: type[UsageError] = InvalidPipelineError
    ) -> None:
        """Add a fault at a node."""
        mark = node.start_mark
        self.faults.append(Fault(mark.line + 1, mark.column + 1, text, error))

    def check(self, node: yaml.Node, field: SettingField) -> Any:
        """Return the plain value of a field whose node is given; add its faults."""
        name = field.path[-1]
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            return self.check_struct(node, field.type, f'"{name}"')[0]
        if name == "steps":
            return self._check_steps(node)
        # Parameters are those of the processor, which is known after all fields of the step.
        return {} if name == "params" else self._check_value(node, field)

    def _check_steps(self, node: yaml.Node) -> list[Any]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.add(node, "no steps. Add one, such as {name: shorten, processor: splitter-fixed}.")
            return []
        steps = [self._check_step(step) for step in node.value]
        names = [path_text.normalize_name(str(step.get("name", ""))) for step in steps]
        for name, step, found in zip(names, node.value, steps, strict=True):
            if name and Counter(names[: steps.index(found) + 1])[name] > 1:
                self.add(step, f'step "{found["name"]}" occurs twice. Rename one of them.')
        return steps

    def _check_step(self, node: yaml.Node) -> dict[str, Any]:
        values, nodes = self.check_struct(node, PipelineStep, "a step")
        name = values.get("name")
        if isinstance(name, str) and not _STEP_NAME.fullmatch(name):
            text = f'the name "{path_text.to_printable(name)}" cannot be that of a folder.'
            self.add(nodes["name"], f"{text} Use letters, digits and - only, such as to-mp3.")
        if processor := self._find_processor(values, nodes):
            params = nodes.get("params") or yaml.MappingNode(_EMPTY, [], node.start_mark)
            values["params"] = self._check_params(params, processor)
        return values

    def _find_processor(
        self, values: Mapping[str, Any], nodes: Mapping[str, yaml.Node]
    ) -> Processor | None:
        name = values.get("processor")
        if not isinstance(name, str):
            return None
        try:
            return registry.get_processor(name)
        except MediakeepError as error:  # unknown, or it lacks its libraries
            self.add(nodes["processor"], str(error), UnknownProcessorError)
            return None

    def _check_params(self, node: yaml.Node, processor: Processor) -> dict[str, Any]:
        """Return all parameters of a processor, with the defaults of those that are not given."""
        kind, name = processor.description.parameters, processor.description.name
        count = len(self.faults)
        defaults = self._defaults.get(name, {})
        values, _ = self.check_struct(
            node, kind, f"params of {name}", MissingParameterError, defaults
        )
        if len(self.faults) == count:
            try:
                return msgspec.to_builtins(  # type: ignore[no-any-return]
                    msgspec.convert({**defaults, **values}, kind)
                )
            except msgspec.ValidationError as error:  # parameters that do not fit together
                self.add(node, f"params of {name}: {error}")
        return values

    def check_struct(
        self,
        node: yaml.Node,
        kind: type[msgspec.Struct],
        what: str,
        missing: type[UsageError] = InvalidPipelineError,
        defaults: Mapping[str, Any] = _NO_DEFAULTS,
    ) -> tuple[dict[str, Any], dict[str, yaml.Node]]:
        """Return the values of a mapping, with defaults, and its nodes by name."""
        if not isinstance(node, yaml.MappingNode):
            self.add(node, f"{what} is not a mapping. Write names and values, such as name: value.")
            return {}, {}
        fields = {field.path[-1]: field for field in setting_fields.list_own_fields(kind)}
        values, nodes = dict[str, Any](), dict[str, yaml.Node]()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            shown = path_text.to_printable(name)
            if name in nodes:
                self.add(key, f'"{shown}" occurs twice. Remove one of them.')
            elif name not in fields:
                near = suggestions.suggest_closest_name(name, fields)
                known = ", ".join(fields) or "none"
                self.add(key, f'unknown key "{shown}" in {what}.{near} Known: {known}.')
            else:
                nodes[name] = value
                values[name] = self.check(value, fields[name])
        for name, field in fields.items():
            if name in nodes:
                continue
            default = defaults.get(name, field.default)
            if default is UNSET:
                text = f'{what} has no "{name}". Add it: {field.describe_values()}. {field.help}'
                self.add(node, text.rstrip(), missing)
            elif isinstance(default, msgspec.Struct):
                values[name] = self.check(yaml.MappingNode(_EMPTY, [], node.start_mark), field)
            else:
                values[name] = _make_absolute(default, field)
        return values, nodes

    def _check_value(self, node: yaml.Node, field: SettingField) -> Any:
        """Return the value of a node; a text may look like a number or a date."""
        raw = node.value if isinstance(node, yaml.ScalarNode) else None
        try:
            value = yaml_nodes.build_value(node)
        except ValueError:  # such as a date that does not exist
            value = raw
        for candidate in (value, raw if value is not None else None):
            with contextlib.suppress(msgspec.ValidationError):
                return _make_absolute(msgspec.convert(candidate, field.limited_type), field)
        near = suggestions.suggest_closest_name(str(value), map(str, field.choices))
        text = f'"{field.path[-1]}" is not valid. Use {field.describe_values()}.{near}'
        self.add(node, text)
        return value


def _make_absolute(value: Any, field: SettingField) -> Any:
    """Return a plain value; a path becomes absolute and escaped."""
    if field.is_path and isinstance(value, str) and value:
        return path_text.escape_path(Path(value).expanduser().absolute())
    return msgspec.to_builtins(value)
