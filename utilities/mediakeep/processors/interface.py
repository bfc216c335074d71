"""The interface of audio processors, which built-in ones and plugins have.

A processor is a pure function: it reads its input, writes below its output folder only, and keeps
no state. Its module has a Struct of its parameters and one `PROCESSOR`. A processor of another
distribution is an entry point of the group `mediakeep.processors`.

One that needs all files has `measure` and `combine` as well: `measure` is called for each file,
`combine` once with the results of all files in their order, and its result is passed to `process`
as `combined`. Both results are values that JSON has.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import msgspec

from mediakeep import path_text, setting_fields
from mediakeep.errors import MediakeepError, UsageError

INTERFACE = 1  # of processors; increased if those of other distributions have to change


class Category(StrEnum):
    """What a processor does; the files that an analysis makes are no audio."""

    MANIPULATION = "manipulation"
    ANALYSIS = "analysis"
    VOICE = "voice"
    AUTOMATION = "automation"


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The base of the parameters of each processor.

    Each field is `Annotated` with a `Meta` that has its range, a description, and in `extra` its
    unit and all that `setting_fields` reads.
    """


@dataclass(frozen=True)
class Description:
    """What a processor is. `version` is raised whenever its output changes.

    `extra` is the extra of pip that it needs, or None.
    """

    name: str
    version: str
    category: Category
    summary: str
    parameters: type[Parameters]
    extra: str | None = None


@dataclass(frozen=True)
class ProcessResult:
    """What a processor has made of one file; `metrics` are values that JSON has."""

    success: bool
    output_paths: tuple[Path, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    error_message: str | None = None
    seconds: float = 0.0


class AudioProcessor(Protocol):
    """The function of a processor."""

    def __call__(self, input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
        """Called with the parameters by name, `resource` if the processor has `open`, and
        `combined` if it has `combine`. Raises MediakeepError, or returns a result without success.
        """


@dataclass(frozen=True)
class Processor:
    """A processor: its description, its function, and a read-only resource such as a model.

    `open` is called once in each process that needs the resource.
    """

    description: Description
    process: AudioProcessor
    open: Callable[[Any], AbstractContextManager[Any]] | None = None  # takes the parameters
    measure: Callable[[Path, Any], Any] | None = None  # takes a file and the parameters
    combine: Callable[[Sequence[Any], Any], Any] | None = None  # measurements, parameters
    interface: int = INTERFACE


def run_processor(
    processor: Processor,
    input_path: Path,
    output_dir: Path,
    params: Parameters | Mapping[str, Any],
    **more: Any,
) -> ProcessResult:
    """Run a processor on one file, and return its result with the seconds that it took.

    `more` are the resource and what is combined, if it has them. Raise UsageError if parameters are
    not valid.
    """
    values = convert_parameters(processor.description, params)
    started = time.monotonic()
    try:
        given = {name: getattr(values, name) for name in values.__struct_fields__}
        result = processor.process(input_path, output_dir, **given, **more)
    except MediakeepError as error:
        result = ProcessResult(success=False, error_message=str(error))
    seconds = time.monotonic() - started
    return ProcessResult(
        result.success, result.output_paths, result.metrics, result.error_message, seconds
    )


def convert_parameters(
    description: Description, params: Parameters | Mapping[str, Any]
) -> Parameters:
    """Return the parameters of a processor; raise UsageError if they are not valid."""
    try:
        return msgspec.convert(params, description.parameters, from_attributes=True)
    except msgspec.ValidationError as error:
        raise UsageError(f"{description.name}: {error}. Correct it and run again.") from error


def identify_files(description: Description, params: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Return size and time of each file that a parameter names, as its content may change."""
    named = (params.get(name) for name in _list_path_names(description.parameters))
    facts = (path.stat() for path in map(path_text.to_path, filter(None, named)) if path.is_file())
    return [(one.st_size, one.st_mtime_ns) for one in facts]


@functools.cache
def _list_path_names(kind: type[Parameters]) -> list[str]:
    fields = setting_fields.list_own_fields(kind)
    return [field.path[-1] for field in fields if field.is_path]
