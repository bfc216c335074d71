"""What all commands share: --home, settings, and exit codes of errors."""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import msgspec
from click.core import ParameterSource

from mediakeep import (
    __version__,
    command_text,
    config,
    home_folder,
    kinds,
    path_text,
    quantity_parsing,
    step_log,
    suggestions,
)
from mediakeep.app.console import CommandResult
from mediakeep.commands import help_layout
from mediakeep.errors import BadSetting, MediakeepError, NoHome, StateDamaged
from mediakeep.kinds import Kind

AnyFunction = Callable[..., Any]
G = TypeVar("G", bound="MediakeepGroup")
_DEFAULT_SETTINGS = config.Settings()
_HOME_ERROR_KEY = "mediakeep.problem"
_DAMAGED_KEY = "mediakeep.damaged"
FIRST_RUN_KEY = "mediakeep.first_run"  # the function that is called if there is no home
_GIVEN_HOME_KEY = "mediakeep.given_home"
_SHARED_OPTIONS = frozenset({"--home", "--json", "-q", "--quiet", "-v", "--verbose"})
_VERBOSE_TEXT = "Print each step, and the traceback of an error, to stderr."


class MediakeepCommand(click.Command):
    """A Click command that reports errors as sentences and sets exit codes.

    Its function returns an exit code, or a result to print. `build_more` returns further options,
    which are built when the command is used. Its help shows an `example`; `own_names` are the
    parameters of what a kind of jobs makes, as are all that `build_more` returns.
    """

    build_more: Callable[[], list[click.Parameter]] = staticmethod(list)
    example = ""
    checks_settings = True  # whether wrong settings stop it
    takes_library = False  # whether its value is the path of a library
    own_names: Collection[str] = ()

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return all parameters of the command."""
        return [*self.build_more(), *super().get_params(ctx)]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write an example, and the options by section."""
        if self.example:
            formatter.write(f"\n  Example: {self.example}\n")  # never broken over lines
        own = {*self.own_names, *(str(option.name) for option in self.build_more())}
        sections = help_layout.list_records(ctx, self.get_params(ctx), own)
        for name, records in sections.items():
            with formatter.section(name):
                formatter.write_dl(records, col_max=help_layout.OPTION_WIDTH)

    def main(  # type: ignore[override]
        self, args: Any = None, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """Run the command; with standalone_mode=False errors are raised."""
        run = functools.partial(super().main, args, standalone_mode=False, **extra)
        return _exit_with_code(run) if standalone_mode else run()

    def invoke(self, ctx: click.Context) -> Any:
        """Call the function unless the home is invalid: --help works even then.

        Print the errors of `damaged_queues` at its end.
        """
        if problem := ctx.meta.get(_HOME_ERROR_KEY):
            if isinstance(problem, NoHome) and self.takes_library:
                run_first = ctx.meta.get(FIRST_RUN_KEY)
                if run_first and not is_json():
                    run_first(ctx.params["value"])
                    return NoHome.exit_code
                path = path_text.quote_path(ctx.params["value"])
                raise NoHome(f"{ctx.command_path} {path} --home DIR")
            raise problem
        if is_quiet() and (is_json() or is_verbose()):
            other = "--verbose" if is_verbose() else "--json"
            raise click.UsageError(f"Give {other} or --quiet, not both.")
        if (home := ctx.params.get("home")) and self.checks_settings:
            config.check_environment()
            config.load_sections(home)  # checks them
        damaged: dict[str, StateDamaged] = ctx.meta.setdefault(_DAMAGED_KEY, {})
        try:
            with _print_steps(ctx) if is_verbose() else contextlib.nullcontext():
                result = super().invoke(ctx)
                if isinstance(result, CommandResult):
                    lines = [*result.errors] if is_quiet() and result.errors else result.lines
                    print_result(lines, result.data, as_json=is_json(), code=result.code)
                    result = result.code
        except BadSetting as error:
            place, why = error.args
            raise BadSetting(_setting_origin(ctx, str(place)) or place, why) from error
        finally:
            for damage in damaged.values():
                print_message(str(damage))
        return result or (StateDamaged.exit_code if damaged else 0)


@contextlib.contextmanager
def _print_steps(ctx: click.Context) -> Iterator[None]:
    from mediakeep import debug_log  # here, as it imports logging, and --help must be quick

    with debug_log.print_steps():
        python = sys.version.partition(" ")[0]
        step_log.log_step(f"{ctx.command_path}, mediakeep {__version__}, Python {python}")
        if home := ctx.params.get("home"):
            path = home / config.FILE_NAME
            step_log.log_step(f"Home: {home}, settings: {path if path.exists() else 'none'}")
        yield


def damaged_queues() -> dict[str, StateDamaged]:
    """Return the errors, by kind, of queues that the running command cannot read.

    A command of several kinds adds those that do not stop it. They are printed at its end, and its
    exit code is 3 unless something else has failed.
    """
    return click.get_current_context().meta[_DAMAGED_KEY]  # type: ignore[no-any-return]


class MediakeepGroup(click.Group):
    """A group of commands that reports errors as sentences and sets exit codes."""

    def main(  # type: ignore[override]
        self, args: Any = None, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """Run a command of the group; with standalone_mode=False errors are raised."""
        run = functools.partial(super().main, args, standalone_mode=False, **extra)
        return _exit_with_code(run) if standalone_mode else run()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Accept options of all commands before the command, as in `mediakeep -q batch`."""
        return super().parse_args(ctx, put_command_first(args))


def put_command_first(args: list[str]) -> list[str]:
    """Move the name of a command before the options that all commands have."""
    count = 0
    while args[count:] and args[count].partition("=")[0] in _SHARED_OPTIONS:
        count += 2 if args[count] == "--home" else 1
    if not args[count:] or args[count].startswith("-"):
        return args
    return [args[count], *args[:count], *args[count + 1 :]]


def _exit_with_code(run: AnyFunction) -> NoReturn:
    gc.freeze()  # imported modules stay, so the garbage collector can skip them
    sys.exit(_run_with_exit_code(run))


def _setting_origin(ctx: click.Context, name: str) -> str:
    """Return where the value of a setting came from: its variable, or its key in the file.

    Return "" for an option or the default.
    """
    source = ctx.get_parameter_source(name)
    if source is ParameterSource.ENVIRONMENT:
        return config.ENV_PREFIX + name.upper()
    if source is ParameterSource.DEFAULT_MAP:
        return f"{path_text.display_path(ctx.params['home'] / config.FILE_NAME)}: {name}"
    return ""


def _run_with_exit_code(function: AnyFunction) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names may hold characters that a terminal cannot encode.
            stream.reconfigure(errors="backslashreplace")
    try:
        return int(function() or 0)
    except MediakeepError as error:
        return _print_error(str(error), error.exit_code)
    except click.ClickException as error:
        if isinstance(error, click.BadParameter) and error.ctx and error.param:
            error.param_hint = _setting_origin(error.ctx, str(error.param.name)) or error.param_hint
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _print_error("Stopped.", 130)
    except BrokenPipeError:
        # The reader of our output closed the pipe, as `head` does; avoid an error message at exit.
        discard_output()
        return 0
    except OSError as error:
        from mediakeep.runner import tasks

        return _print_error(
            tasks.format_error(error), 2 if isinstance(error, PermissionError) else 1
        )


def discard_output() -> None:
    """Discard further output: its reader has closed the pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def escape_controls(text: str) -> str:
    """Escape control characters in a text, line by line."""
    return "\n".join(map(path_text.to_printable, text.split("\n")))


def print_message(text: str) -> None:
    """Print a message to stderr; scripts that it names become commands that this user has."""
    if command_text.find_program():
        text = command_text.rewrite_commands(text)
    click.echo(escape_controls(text), err=True)


def _print_error(message: str, code: int) -> int:
    print_message(message)
    return code


_CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def create_group(
    cls: type[G] = MediakeepGroup,  # type: ignore[assignment]
    **settings: Any,
) -> Callable[[AnyFunction], G]:
    """Create a group of commands with --help and --version; `settings` are those of Click."""

    def decorate(function: AnyFunction) -> G:
        function = click.version_option(__version__, prog_name="mediakeep")(function)
        return click.group(cls=cls, context_settings=_CONTEXT_SETTINGS, **settings)(function)

    return decorate


def create_command(
    *,
    home: bool = True,
    fallback: str = "",
    checks_settings: bool = True,
    has_quiet: bool = True,
    verbose_text: str = _VERBOSE_TEXT,
) -> Callable[[AnyFunction], MediakeepCommand]:
    """Create a command with --help, --version and -v, with -q, and with --home if `home` is set.

    A command whose output is all that it does has no -q. Wrong settings stop it unless
    `checks_settings` is unset. If there is no home, `fallback` is the name of a folder in the
    current one that becomes it.
    """

    def decorate(function: AnyFunction) -> MediakeepCommand:
        function = click.version_option(__version__, prog_name="mediakeep")(function)
        function = _with_flag(verbose_text, "-v", "--verbose")(function)
        function = _with_quiet_option(function) if has_quiet else function
        function = _with_home_option(function, fallback) if home else function
        build = click.command(cls=MediakeepCommand, context_settings=_CONTEXT_SETTINGS)
        command = build(function)
        command.checks_settings = checks_settings
        return command

    return decorate


def _with_home_option(function: AnyFunction, fallback: str) -> AnyFunction:
    return click.option(
        "--home",
        metavar="DIR",
        type=PATH_TEXT,
        is_eager=True,
        callback=functools.partial(_resolve_home, fallback),
        help="The folder with status/. [env: MEDIAKEEP_HOME]",
    )(function)


def _resolve_home(
    fallback: str, context: click.Context, _: click.Parameter, home_given: str | None
) -> Path | None:
    context.meta[_GIVEN_HOME_KEY] = home_given
    if context.resilient_parsing:
        return None
    try:
        home = home_folder.find_home(home_given, fallback=fallback)
        if getattr(context.command, "checks_settings", True):
            context.default_map = {**config.load_file(home)}
    except MediakeepError as error:
        context.meta[_HOME_ERROR_KEY] = error
        return None
    return home


def get_given_home(context: click.Context) -> str | None:
    """Return the value of --home as given, also while a shell completes the words of a command."""
    return context.meta.get(_GIVEN_HOME_KEY)


def print_implied_home(home: Path, library: str) -> None:
    """Print the home and the library to stderr if nothing named the home."""
    context = click.get_current_context(silent=True)
    if not (context and command_text.find_program()) or is_quiet():
        return
    if home_folder.is_implied_home(home, get_given_home(context)):
        print_message(f"Home: {path_text.display_path(home)}, library: {library}")


def add_options(
    function: AnyFunction, options: Iterable[Callable[[AnyFunction], AnyFunction]]
) -> AnyFunction:
    """Add options to a command; --help lists the last one first."""
    for option in options:
        function = option(function)
    return function


class _SettingOption(click.Option):
    """An option whose help does not show its range, which the message on a wrong value does."""

    def get_help_extra(self, ctx: click.Context) -> click.types.OptionHelpExtra:
        """Return the default."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


def setting_option(
    flag: str, kind: Any, text: str, default: Any = None
) -> Callable[[AnyFunction], AnyFunction]:
    """Add an option for a setting; flag, environment variable and key share a name.

    `default` replaces the default of the setting for this command.
    """
    name = flag.removeprefix("--").replace("-", "_")
    default = getattr(_DEFAULT_SETTINGS, name) if default is None else default
    return click.option(
        flag,
        cls=_SettingOption,
        type=kind,
        default=default,
        show_default=default != "",
        envvar=config.ENV_PREFIX + name.upper(),
        help=text,
    )


def with_queue_option(kind: Kind) -> AnyFunction:
    """Return the option that names one of several queues; its value is the kind for that queue."""

    def convert(_ctx: click.Context, _param: click.Parameter, name: str | None) -> Kind:
        if name is None:
            return kind
        from mediakeep.queue import named_queues  # here, as --help must be quick

        named_queues.check_name(name)
        return kinds.name_queue(kind, name)

    return click.option(
        "--queue",
        metavar="NAME",
        callback=convert,
        help=f"Use another queue of {kind.plural}, which has this name.",
    )


class SuggestingChoice(click.Choice[str]):
    """A choice that suggests the nearest word for an unknown one."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """List the valid words, and suggest the nearest."""
        near = suggestions.suggest_closest_name(str(value), map(str, self.choices))
        return super().get_invalid_choice_message(value, ctx) + near


class PathParam(click.Path):
    """A path; an empty one, as from an unset shell variable, is invalid."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Reject an empty path."""
        if value == "":
            self.fail("The path is empty.", param, ctx)
        return super().convert(value, param, ctx)


PATH_TEXT = click.Path(readable=False)  # not checked; shells complete it, unlike other texts


with_links_option = setting_option(
    "--links",
    SuggestingChoice(["follow", "read", "refuse"]),
    "Files behind symbolic links: write them, only read them, or skip those outside the library.",
)


def with_ignore_option(function: AnyFunction) -> AnyFunction:
    """Add --links and --ignore, which say what scans skip."""
    text = "Skip files and folders that match, such as '*.bak,Samples/'; see also .mediakeepignore."
    return setting_option("--ignore", str, text)(with_links_option(function))


class DurationParam(click.ParamType[float]):
    """A duration such as 90s, 30m or 2h, in seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Parse the duration; an empty text means 0."""
        if value == "" or isinstance(value, float):
            return float(value or 0)
        try:
            return quantity_parsing.parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _remember(context: click.Context, param: click.Parameter, is_given: bool) -> None:
    context.meta[f"mediakeep.{param.name}"] = is_given


def _with_flag(text: str, *flags: str) -> Callable[[AnyFunction], AnyFunction]:
    """Return a flag that is_json, is_quiet or is_verbose reads, and that is no argument."""
    return click.option(*flags, is_flag=True, expose_value=False, callback=_remember, help=text)


with_json_option = _with_flag("Print JSON, for programs.", "--json", "as_json")
_with_quiet_option = _with_flag("Print only errors and warnings.", "-q", "--quiet")


def print_result(lines: list[str], data: Any, *, as_json: bool, code: int = 0) -> None:
    """Print lines of text, or the data as JSON; with --quiet only those of a failure, to stderr."""
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(data), indent=2, ensure_ascii=False))
    elif lines and not is_quiet():
        click.echo("\n".join(map(escape_controls, lines)))
    elif lines and code:
        print_message("\n".join(lines))


def mark_dry_run(result: CommandResult, *, dry_run: bool) -> CommandResult:
    """Add to the result of a dry run that nothing changed."""
    if not dry_run:
        return result
    lines = [*result.lines, "Dry run: nothing changed."]
    return CommandResult(lines, {**result.data, "dry_run": True}, result.code)


def is_json() -> bool:
    """Return whether the running command prints JSON."""
    return _is_set("as_json")


def is_quiet() -> bool:
    """Return whether the running command prints only errors and warnings."""
    return _is_set("quiet")


def is_verbose() -> bool:
    """Return whether the running command prints its steps."""
    return _is_set("verbose")


def _is_set(name: str) -> bool:
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(f"mediakeep.{name}"))


def with_dry_run_option(text: str) -> Callable[[AnyFunction], AnyFunction]:
    """Return the option -n of a command that then changes nothing."""
    return click.option("-n", "--dry-run", is_flag=True, help=text)


def with_yes_option(
    text: str = "Do not ask for confirmation, and skip the safeguards.",
) -> Callable[[AnyFunction], AnyFunction]:
    """Return the option -y of a command that otherwise asks."""
    return click.option("-y", "--yes", is_flag=True, help=text)
