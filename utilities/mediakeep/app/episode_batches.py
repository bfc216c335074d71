"""What batches of episodes have besides those of other jobs: alerts, retries, waits, estimates."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import clock, config, path_text, secret_file
from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.episodes import job
from mediakeep.episodes.item import EPISODES, get_state, list_episodes
from mediakeep.episodes.settings import EpisodeOptions, EpisodeSettings, MonitoringSettings
from mediakeep.episodes.states import ProcessingStage
from mediakeep.errors import BadSetting, UsageError
from mediakeep.item import Status
from mediakeep.lookups.youtube import quota
from mediakeep.queue import actions, claims, export_folder, stage_edits
from mediakeep.size_text import format_count

_DAY = timedelta(days=1)
_UPLOADED = (ProcessingStage.UPLOADED, ProcessingStage.SCHEDULED, ProcessingStage.PUBLISHED)
_TRIED = (ProcessingStage.DOWNLOADING, ProcessingStage.CONVERTING, ProcessingStage.UPLOADING)
_ENDED = (ProcessingStage.PUBLISHED, ProcessingStage.SKIPPED)


def change_options(settings: EpisodeSettings, config: Path | None, options: dict[str, Any]) -> None:
    """Apply the section [state_management] to the options of a batch."""
    state = settings.state_management
    monitoring = state.monitoring
    retries = {**state.recovery.retries, **dict(options["stage_retries"])}
    options["stage_retries"] = tuple(retries.items())
    options["alerts"] = monitoring.alert_on_failure
    if monitoring.alert_threshold != MonitoringSettings().alert_threshold:
        options["alert_after"] = monitoring.alert_threshold
    if monitoring.webhook_url:
        for path in (settings.home_path / "mediakeep.toml", config):
            _check_secret(path)
        options["alert_webhook"] = monitoring.webhook_url


def remember_settings(home: Path, path: Path | None) -> Path | None:
    """Remember [state_management] of another settings file, but no address of a webhook.

    Return that file, or else the one that was remembered.
    """
    folder = home / "status" / EPISODES.name
    section = config.load_other(path).get("state_management") if path else None
    if section:
        section = {**section, "monitoring": {**section.get("monitoring", {}), "webhook_url": ""}}
        export_folder.remember_settings(folder, "state_management", section)
    return path or export_folder.find_remembered(folder)


def _check_secret(path: Path | None) -> None:
    """Raise BadSetting if others can read a settings file with the address of a webhook."""
    if not path or not path.is_file() or "webhook_url" not in path.read_text():
        return
    if secret_file.is_readable_by_others(str(path)):
        shown = path_text.quote_path(path)
        raise BadSetting(
            path,
            f"webhook_url is a secret, and others can read this file. Run: chmod 600 {shown}, or"
            " store it in a file of its own, and set alert_webhook_file.",
        )


def to_plain_data(settings: EpisodeSettings) -> dict[str, Any]:
    """Return the settings as plain data, which is logged, without the address of a webhook."""
    values: dict[str, Any] = msgspec.to_builtins(settings)
    del values["state_management"]["monitoring"]["webhook_url"]
    return values


def refuse_interrupted(
    context: ManagerContext, settings: EpisodeSettings, options: Mapping[str, Any]
) -> None:
    """Raise UsageError, with their names, if episodes were interrupted and are not to continue."""
    if settings.state_management.recovery.auto_resume or options["resume"] or options["only"]:
        return
    state = context.read_state()
    claims.simulate_recovery(state, context.location)
    names = [
        item.output_name
        for item in list_episodes(state)
        if item.status is Status.PENDING and item.processing_stage in _TRIED and not item.parked
    ]
    if names:
        raise UsageError(
            f"Interrupted episodes: {', '.join(names)}. Continue them with --resume, or set"
            " auto_resume to true. Nothing was changed."
        )


def wait_until_free(context: ManagerContext, name: str) -> None:
    """Wait for an episode that another session processes; raise LockNotAcquired after a while."""
    with context.open_queue() as queue:
        stage_edits.wait_until_free(queue, actions.select_by_name([name]))


def estimate(context: ManagerContext, settings: EpisodeSettings) -> CommandResult:
    """Estimate when all episodes are published, from the limits of a day and the schedule."""
    options = settings.episodes
    items = list_episodes(context.read_state())
    states = [get_state(item) for item in items]
    uploads = sum(state not in (*_UPLOADED, *_ENDED) for state in states)
    left = sum(state not in _ENDED for state in states)
    with contextlib.closing(job.open_clients(settings)) as clients:
        rates = clients.ledger.compute_rates(count_calls(options))
        used = clients.ledger.get_usage()
    interval = options.schedule.interval
    if interval:
        rates[f"a video every {options.schedule.every}"] = _DAY / interval
    end, limit = quota.estimate_end(left if interval else uploads, rates, clock.now())
    last = max((item.scheduled_date for item in items if not item.published_date), default="")
    if last and end and end < datetime.fromisoformat(last):
        end, limit = datetime.fromisoformat(last), "the dates that are set"
    day = f"{end.astimezone():%Y-%m-%d}" if end else "never"
    today = ", ".join(f"{number:,} of {most:,} {name}" for name, (number, most) in used.items())
    lines = [
        f"{format_count(uploads, 'upload')} remain; {format_count(left, 'episode')} not published.",
        f"At the earliest, all are done on {day}: the limit is {limit}.",
        f"Used today: {today}.",
    ]
    data = {"uploads": uploads, "episodes": left, "end": end, "limit": limit, "rates": rates}
    return CommandResult(lines, {**data, "used": used})


def count_calls(options: EpisodeOptions) -> Mapping[str, int]:
    """Return how often each call of YouTube is made for an episode."""
    playlists = len(options.playlist_ids)
    calls = {
        "videos.insert": 1,
        "playlistItems.list": playlists,
        "playlistItems.insert": playlists,
        "thumbnails.set": int(options.thumbnails),
        "captions.insert": int(options.captions and bool(options.audio_language)),
        "videos.update": int(bool(options.schedule.every)),
        "videos.list": 2,
    }
    return {name: count for name, count in calls.items() if count}
