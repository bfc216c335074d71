"""The commands of the audio toolkit: build their pipelines, describe them, begin their sessions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import UNSET

from mediakeep import path_text, setting_fields
from mediakeep.app.console import CommandResult
from mediakeep.app.pipelines import run_session, sessions
from mediakeep.app.pipelines.sessions import SessionInfo, SessionState
from mediakeep.app.subjects.registry import DamagedQueues
from mediakeep.errors import UsageError
from mediakeep.media.audio.formats import AMBIGUOUS_SUFFIXES, AUDIO_SUFFIXES, UNSUPPORTED_SUFFIXES
from mediakeep.movies.scan.file_types import VIDEO_SUFFIXES
from mediakeep.pipelines import configuration, inputs, presets
from mediakeep.pipelines.configuration import Fault, Pipeline, PipelineInput, PipelineSettings
from mediakeep.pipelines.questions import ToolkitCommand
from mediakeep.processors import registry
from mediakeep.processors.interface import Category, Description
from mediakeep.size_text import format_count

# What a command takes from a folder; a pipeline names its formats.
FORMATS = sorted({*AUDIO_SUFFIXES, *AMBIGUOUS_SUFFIXES, *UNSUPPORTED_SUFFIXES, *VIDEO_SUFFIXES})


def build_pipeline(
    home: Path,
    command: ToolkitCommand,
    params: Mapping[str, Any],
    folders: tuple[Path, Path],
    *,
    preset: str = "",
    recursive: bool = True,
) -> Pipeline:
    """Return the pipeline of one step that does a command.

    `params` are the parameters given, which override those of the preset; `folders` are input and
    output. Raise UsageError, which names every missing or invalid parameter.
    """
    name = command.name.replace(" ", "-")
    values = presets.get_preset(home, preset) if preset else {}
    presets.check_use(preset, values, [command.processor])
    given = {**values.get(command.processor, {}), **params}
    missing = [f for f in command.list_fields() if f.default is UNSET and f.name not in given]
    if missing:
        options = ", ".join(f"{field.option} ({field.describe_values()})" for field in missing)
        raise UsageError(f"{command.name} needs {options}.")
    source, target = (path_text.escape_path(path.expanduser().absolute()) for path in folders)
    return Pipeline(
        name=name,
        settings=PipelineSettings(output_dir=target, continue_on_error=True),
        input=PipelineInput(path=source, recursive=recursive, formats=tuple(FORMATS)),
        steps=configuration.build_steps(
            [{"name": name, "processor": command.processor, "params": given}]
        ),
    )


def load_pipeline(home: Path, config: Path, preset: str) -> Pipeline:
    """Return the pipeline of a file, with the values of a preset for parameters it does not set.

    `preset` is "" for none. Raise UsageError as `configuration.load_file` does.
    """
    values = presets.get_preset(home, preset) if preset else {}
    pipeline = configuration.load_file(config, values)
    presets.check_use(preset, values, [step.processor for step in pipeline.steps])
    return pipeline


def describe_steps(pipeline: Pipeline) -> CommandResult:
    """Return the steps that a pipeline would do, and its input files."""
    found = inputs.find_inputs(pipeline.input, pipeline.output_dir)
    files = [path_text.escape_path(file) for file in found.files]
    return CommandResult(
        [", ".join(pipeline.describe_steps())], {"pipeline": pipeline, "files": files}
    )


def find_resumable(home: Path, pipeline: Pipeline) -> str:
    """Return the id of the latest unfinished session of an equal pipeline, "" if there is none."""
    ended = (SessionState.COMPLETED, SessionState.PROCESSING)
    found = (info.id for info in sessions.list_sessions(home, {}) if info.state not in ended)
    fitting = (name for name in found if run_session.load_session(home, name).pipeline == pipeline)
    return next(fitting, "")


def show_results(home: Path, name: str) -> CommandResult:
    """Return what a session has made of its files so far, with the metrics of an analysis."""
    info = sessions.describe_session(home, name)
    results = sessions.read_results(home, info)
    last = run_session.load_session(home, name).pipeline.steps[-1].processor
    is_analysis = registry.get_processor(last).description.category is Category.ANALYSIS
    lines, data = [], []
    for file, result in zip(info.files, results, strict=True):
        outputs = [path_text.escape_path(path) for path in result.output_paths]
        if result.metrics and (is_analysis or not outputs):
            lines += [path_text.quote_escaped(file.path), *_format_metrics(result.metrics)]
        elif damage := result.metrics.get("damage"):
            shown = path_text.quote_escaped(file.path)
            lines.append(f"{shown} is damaged, and silent there: {damage}.")
        facts = {"path": file.path, "state": file.state, "message": file.message}
        data.append({**facts, "outputs": outputs, "metrics": result.metrics})
    total = len(info.files)
    lines.append(f"Session {info.id} {info.state}: {info.completed} of {total} files completed.")
    lines += [
        f"  {_name_file(file.path, file.message)}"
        for file in info.files
        if file.state is SessionState.FAILED
    ]
    if any(result.output_paths for result in results):
        lines.append(f"Outputs: {path_text.quote_escaped(info.output_dir)}")
    if info.state in (SessionState.FAILED, SessionState.PAUSED):
        what = "try these files again" if info.state is SessionState.FAILED else "continue it"
        lines.append(f"To {what}: audiotoolkit sessions resume {info.id}")
    return CommandResult(lines, {"session": info.id, "state": info.state, "files": data})


def _name_file(path: str, message: str) -> str:
    """Return a message that begins with the path of its file, unless it names that already."""
    is_named = path_text.display_path(path_text.to_path(path)) in message
    return message if is_named else f"{path_text.quote_escaped(path)}: {message}"


def _format_metrics(metrics: Mapping[str, Any]) -> list[str]:
    width = max(map(len, metrics))
    return [f"  {name:{width}}  {_format_value(value)}".rstrip() for name, value in metrics.items()]


def _format_value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_format_value, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_format_value(inner)}" for name, inner in value.items())
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def list_pipelines(folder: Path) -> CommandResult:
    """Return the pipeline files in a folder, with their steps or the number of their faults."""
    if not folder.is_dir():
        raise UsageError(f"{path_text.display_path(folder)} is not a folder. Correct the path.")
    lines, data = [], []
    entries = (path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    for path in sorted(path for path in entries if not path.is_dir()):
        try:
            pipeline, faults = configuration.check_pipeline(configuration.read_file(path))
        except UsageError as error:  # it is too large, or a broken link
            pipeline, faults = None, [Fault(1, 1, str(error))]
        steps = " > ".join(step.name for step in pipeline.steps) if pipeline else ""
        remark = f"{pipeline.name}: {steps}" if pipeline else format_count(len(faults), "fault")
        lines.append(f"{path_text.display_path(path)}  {remark}")
        data.append({"path": path_text.escape_path(path), "faults": list(map(str, faults))})
    return CommandResult(lines or ["No pipelines found."], data)


def validate(config: Path) -> CommandResult:
    """Return the faults of a pipeline file; the code is 2 if there are any."""
    faults = configuration.validate_file(config)
    shown = path_text.display_path(config)
    lines = [f"{shown}: {fault}" for fault in faults] or [f"{shown} is valid."]
    return CommandResult(lines, {"faults": faults}, UsageError.exit_code if faults else 0)


def list_sessions(home: Path, damaged: DamagedQueues, limit: int) -> CommandResult:
    """Return the newest sessions."""
    found = sessions.list_sessions(home, damaged, limit)
    lines = [_format_session(info) for info in found]
    return CommandResult(lines or ["No sessions."], found)


def _format_session(info: SessionInfo) -> str:
    total = sum(info.counts.values())
    return f"{info.id}  {info.state:10}  {info.completed}/{total} files  {info.pipeline}"


def show_session(home: Path, name: str) -> CommandResult:
    """Return a session with its files, the latest one without a name."""
    names = run_session.list_names(home)
    if not (name or names):
        raise UsageError("There is no session yet. Begin one: audiotoolkit pipeline run")
    info = sessions.describe_session(home, name or names[0])
    lines = [
        _format_session(info),
        f"Steps: {', '.join(info.steps)}",
        f"Outputs: {info.output_dir}",
    ]
    lines += [
        f"  {file.state:10}  {path_text.quote_escaped(file.path)}  {file.message}".rstrip()
        for file in info.files
    ]
    return CommandResult(lines, info)


def clean_sessions(
    home: Path, damaged: DamagedQueues, seconds: float, *, force: bool, dry_run: bool = False
) -> CommandResult:
    """Remove old sessions."""
    removed, kept = sessions.clean(home, seconds, damaged, force=force, dry_run=dry_run)
    lines = [f"{format_count(len(removed), 'session')} removed.", *kept]
    return CommandResult(lines, {"removed": removed, "kept": kept})


def list_plugins() -> CommandResult:
    """Return all processors, and the plugins that cannot be used."""
    foreign = {plugin.name: plugin.distribution for plugin in registry.load_plugins()}
    found = [registry.get_processor(name).description for name in registry.list_names()]
    width = max(len(one.name) for one in found)
    lines = [
        f"{one.name:{width}}  {one.category:12}  {one.summary}"
        + (f" [{foreign[one.name]}]" if one.name in foreign else "")
        for one in found
    ]
    return CommandResult(lines, [describe_processor(one) for one in found])


def describe_processor(description: Description) -> dict[str, Any]:
    """Return a processor and its parameters as data."""
    fields = setting_fields.list_fields(description.parameters, ("",))
    return {
        "name": description.name,
        "version": description.version,
        "category": description.category,
        "summary": description.summary,
        "extra": description.extra,
        "parameters": {
            field.name: {
                "help": field.help,
                "values": field.describe_values(),
                "default": None if field.default is UNSET else field.default,
                "required": field.default is UNSET,
            }
            for field in fields
        },
    }


def show_plugin(name: str) -> CommandResult:
    """Return a processor and its parameters."""
    found = describe_processor(registry.get_processor(name).description)
    lines = [f"{name} {found['version']} ({found['category']}): {found['summary']}"]
    lines += [f"Needs: pip install 'mediakeep[{found['extra']}]'"] if found["extra"] else []
    for parameter, facts in found["parameters"].items():
        default = "required" if facts["required"] else f"default: {facts['default']}"
        lines.append(f"  {parameter}: {facts['help']} [{facts['values']}; {default}]")
    return CommandResult(lines, found)
