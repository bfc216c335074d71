"""Migrate episodes from archive.org to YouTube."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mediakeep import job_settings
from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.lazy_group import LazyCommand, LazyGroup
from mediakeep.commands.options import own_options
from mediakeep.episodes.item import EPISODES
from mediakeep.episodes.settings import EpisodeSettings

_OPTIONS = (
    click.option(
        "--limit",
        type=click.IntRange(1),
        default=10,
        show_default=True,
        help="Episodes, files or problems to list or change.",
    ),
    app.with_dry_run_option("Change nothing, and say what would be changed."),
    click.option("--episode", metavar="ID", default="", help="Only this episode."),
    app.with_json_option,
)
_REASON = click.option("--reason", default="skipped by the user", help="Why, for its record.")
_SOURCE = click.option(
    "--from-yaml",
    is_flag=True,
    required=True,
    expose_value=False,
    help="From the YAML files of the state directory.",
)


# The commands that need no batch; `episode_admin` has their functions, and is imported on use.
_ADMIN = {
    "status": "Count the episodes by state.",
    "incomplete": "List the episodes under way, and what they wait for.",
    "retry": "Let failed episodes be tried again.",
    "skip": "Skip an episode until it is retried.",
    "audit": "Check the log of all changes.",
    "verify": "Compare the queue with its exports and files.",
    "cleanup": "Move files that belong to no episode to quarantine.",
    "rebuild": "Create a lost queue from the YAML files of a home.",
}


def _build_admin(name: str) -> click.Command:
    """Return a command that needs no batch."""
    from mediakeep.app import episode_admin  # here, as --help must be quick

    run: Any = {**episode_admin.ACTIONS, "rebuild": episode_admin.rebuild}[name]

    def main(home: Path, **options: Any) -> CommandResult:
        place = home if name == "rebuild" else episode_admin.open_manager(home)
        result: CommandResult = run(place, episode_admin.AdminRequest(**options))
        return result

    main.__doc__ = run.__doc__
    more = {"skip": [_REASON], "rebuild": [_SOURCE]}.get(name, [])
    return app.create_command()(app.add_options(main, reversed([*_OPTIONS, *more])))


_PATH, _POSITIVE = app.PathParam(), click.IntRange(1)
_OWN = own_options.build_options(EpisodeSettings)
_LIMIT = click.option(
    "--limit",
    "--batch-size",
    "batch_size",
    type=_POSITIVE,
    default=10,
    envvar="MEDIAKEEP_BATCH_SIZE",
    show_default=True,
    help="Episodes to take from the queue.",
)
_PRESET: Mapping[str, Any] = {
    "scan": None,
    "batch_size": 10,
    "rollback": None,
    "ignore": "",
    "links": "follow",
    "max_attempts": 3,
    "retry_delay": 0.0,
}
# The stages of each command, its own options besides --working and --config, and its help.
_BATCHES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "download": (("discovered", "downloading"), (), "Download the audio of the next episodes."),
    "convert": (
        ("downloaded", "converting"),
        ("picture", "show", "font"),
        "Convert the next downloaded episodes to videos.",
    ),
    "upload": (("converted", "uploading"), ("audio_language",), "Upload the next videos."),
    "schedule": (
        ("uploaded",),
        ("playlists", "audio_language", "schedule_every", "schedule_at", "schedule_timezone"),
        "Add uploaded videos to playlists, and set when each is published.",
    ),
    "publish": (("scheduled",), ("keep_working",), "Note which videos are public by now."),
    "run": ((), tuple(_OWN), "Take the next episodes as far as possible."),
}


_LAZY: dict[str, LazyCommand] = {}


@app.create_group(cls=LazyGroup, lazy=_LAZY)
def main() -> None:
    """Migrate episodes from archive.org to YouTube.

    Each command can be stopped (Ctrl-C) or killed at any time; run it again to continue.
    """


def _build_settings(home: Path, own: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a batch, and apply [state_management] to its options."""
    from mediakeep.app import episode_batches  # here, as --help must be quick

    own["config"] = episode_batches.remember_settings(home, own["config"])
    episode_batches.add_schedule(home, own, dry_run=others["dry_run"])
    settings = job_settings.build_settings(EpisodeSettings, home, own)
    others["batch_size"] = own["batch_size"]
    episode_batches.change_options(settings, own.get("config"), others)
    episode_batches.refuse_interrupted(_open_context(home), settings, others)
    if others["only"] and not others["dry_run"]:
        episode_batches.wait_until_free(_open_context(home), others["only"])
    return episode_batches.to_plain_data(_open_context(home), settings)


def _build_batch(name: str) -> click.Command:
    from mediakeep.commands import job_command  # here, as it is slow, and other commands need none

    stages, options, text = _BATCHES[name]
    preset = {**_PRESET, "stages": stages, "add": ()} if stages else _PRESET
    own: list[own_options.OptionDecorator] = [
        _LIMIT,
        *(_OWN[option] for option in dict.fromkeys((*options, "working_dir"))),
    ]
    command = job_command.build_command(
        EPISODES,
        [*own, own_options.config_option],
        native=True,
        build_settings=_build_settings,
        preset=preset,
    )
    command.help = text
    return command


def _open_context(home: Path) -> ManagerContext:
    return ManagerContext(home, EPISODES, ClickConsole())


@app.create_command()
@click.option("--collection", metavar="NAME", help="The items of a collection.")
@click.option("--search", metavar="QUERY", help="The items that a search finds.")
@click.option("--identifiers", type=_PATH, help="A file with identifiers, one a line.")
@click.option("--episode", metavar="ID", help="One item, by its identifier or address.")
@click.option("--limit", type=_POSITIVE, help="New episodes to add; default: all.")
@app.with_dry_run_option("Only list the new episodes.")
@own_options.config_option
@app.with_json_option
def discover(home: Path, config: Path | None, **options: Any) -> CommandResult:
    """Add episodes of archive.org that the queue lacks."""
    from mediakeep.app import episode_batches

    config = episode_batches.remember_settings(home, config)
    settings = job_settings.build_settings(EpisodeSettings, home, {"config": config})
    limit, dry_run = options.pop("limit") or 0, options.pop("dry_run")
    source = episode_batches.choose_source(**options)
    context = _open_context(home)
    return episode_batches.discover_episodes(context, settings, source, limit, dry_run=dry_run)


@app.create_command()
@click.option("--client", type=_PATH, required=True, help="The client file of Google's console.")
@own_options.config_option
def login(home: Path, config: Path | None, client: Path) -> CommandResult:
    """Let mediakeep upload to a channel, and save the token."""
    from mediakeep.lookups.youtube.login import TokenFile, authorise

    settings = job_settings.build_settings(EpisodeSettings, home, {"config": config})
    authorise(client, TokenFile(settings.episodes.youtube.token_file, home), "Open {url}")
    return CommandResult([f"Saved the token: {settings.episodes.youtube.token_file}"])


@app.create_command()
@own_options.config_option
@app.with_json_option
def estimate(home: Path, config: Path | None) -> CommandResult:
    """Estimate when all episodes are published.

    The limit that decides that is named.
    """
    from mediakeep.app import episode_batches

    given: dict[str, Any] = {"config": config}
    episode_batches.add_schedule(home, given)
    settings = job_settings.build_settings(EpisodeSettings, home, given)
    return episode_batches.estimate(_open_context(home), settings)


_LAZY.update(
    {
        name: LazyCommand(text, functools.partial(_build_batch, name))
        for name, (_, _, text) in _BATCHES.items()
    }
    | {
        name: LazyCommand(text, functools.partial(_build_admin, name))
        for name, text in _ADMIN.items()
    }
)
for _name, _command in {"discover": discover, "estimate": estimate, "login": login}.items():
    main.add_command(_command, _name)
