"""What episodes have besides what other jobs have: discovery, alerts, retries, waits, estimates.

A search for episodes of archive.org that the queue lacks is continued where it was killed, or had
reached its limit: the cursor of its page is kept. What cannot become an episode is listed, and
looked at again by the next search.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, clock, config, path_text, untrusted_files
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import prepare_items
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.episodes import job, maintenance
from mediakeep.episodes.exports.follower import locate_exports
from mediakeep.episodes.item import EPISODES, EpisodeItem, get_state, list_episodes
from mediakeep.episodes.settings import EpisodeSettings, MonitoringSettings
from mediakeep.episodes.states import TRIED, ProcessingStage
from mediakeep.errors import NoQueue, UnusableItem, UsageError
from mediakeep.item import Status
from mediakeep.lookups.archive_org import find_items
from mediakeep.lookups.youtube import quota
from mediakeep.queue import actions, claims, export_folder, stage_edits
from mediakeep.size_text import format_count

_DATES = "the dates that are set"
_SECRET = "webhook_url"  # a key of files, but never of what is logged or remembered
_S = ProcessingStage
_CHUNK = 50  # items that are added in one commit
_INVALID = "its identifier is invalid"
_SHOWN = 20  # names and problems that are listed; --json has all


def change_options(settings: EpisodeSettings, other: Path | None, options: dict[str, Any]) -> None:
    """Apply the section [state_management] to the options of a batch."""
    state = settings.state_management
    monitoring = state.monitoring
    retries = {**state.recovery.retries, **dict(options["stage_retries"])}
    options["stage_retries"] = tuple(retries.items())
    options["alerts"] = monitoring.alert_on_failure
    if monitoring.alert_threshold != MonitoringSettings().alert_threshold:
        options["alert_after"] = monitoring.alert_threshold
    place = ("state_management", "monitoring", _SECRET)
    config.check_secret(settings.below_home(""), other, place, "alert_webhook_file")
    if monitoring.webhook_url:
        options["alert_webhook"] = monitoring.webhook_url


def remember_settings(home: Path, path: Path | None) -> Path | None:
    """Remember [state_management] of another settings file, but no address of a webhook.

    Return that file, or else the one that was remembered.
    """
    folder = home / "status" / EPISODES.name
    section = config.load_other(path).get("state_management") if path else None
    if section:
        section.get("monitoring", {}).pop(_SECRET, None)
        export_folder.remember_settings(folder, "state_management", section)
    return path or export_folder.find_remembered(folder)


def add_schedule(home: Path, given: dict[str, Any], *, dry_run: bool = True) -> None:
    """Add the schedule of an earlier command to options that have none, or remember theirs."""
    folder, place = home / "status" / EPISODES.name, "episodes.schedule"

    export_folder.add_remembered_options(
        EpisodeSettings,
        folder,
        place,
        given,
        None if dry_run else attrgetter(f"{place}.time_of_day"),
    )


def to_plain_data(context: ManagerContext, settings: EpisodeSettings) -> dict[str, Any]:
    """Return the settings as plain data, which is logged, without the address of a webhook.

    If no channel is set, it is that of the last upload: a new login must not change it.
    """
    values: dict[str, Any] = msgspec.to_builtins(settings)
    del values["state_management"]["monitoring"][_SECRET]
    opened = ((item.upload_opened, item.channel) for item in list_known(context) if item.channel)
    youtube = values["episodes"]["youtube"]
    youtube["channel"] = youtube["channel"] or max(opened, default=("", ""))[1]
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
        if item.status is Status.PENDING
        and item.processing_stage in TRIED.values()
        and not item.parked
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
    options, items = settings.episodes, read_episodes(context)
    states, done = Counter(map(get_state, items)), (_S.UPLOADED, _S.SCHEDULED)
    left = len(items) - states[_S.PUBLISHED] - states[_S.SKIPPED]
    uploads = left - sum(states[state] for state in done)
    if not left:
        return CommandResult(["All episodes are published or skipped."], {"episodes": 0})
    with contextlib.closing(job.open_clients(settings)) as clients:
        calls = quota.count_calls(
            playlists=len(options.playlist_ids),
            has_thumbnail=options.thumbnails,
            has_captions=options.captions and bool(options.audio_language),
            has_schedule=bool(options.schedule.every),
        )
        rates = clients.ledger.compute_rates(calls)
        used = clients.ledger.get_usage()
    now, interval = clock.now(), options.schedule.interval
    end, limit = quota.estimate_end(uploads, rates, now)
    dates = [item.scheduled_date for item in items if item.scheduled_date]
    waiting = left - states[_S.SCHEDULED]
    last = max([now, *map(datetime.fromisoformat, dates)])
    if waiting and interval:
        last += interval * (waiting if dates else waiting - 1)  # the first one may be today
    if end and last > end:
        end, limit = last, f"a video every {options.schedule.every}" if waiting else _DATES
    day = f"{end.astimezone():%Y-%m-%d}" if end else "never"
    today = ", ".join(
        f"{min(number, most):,} of {most:,} {name}" for name, (number, most) in used.items()
    )
    lines = [
        f"{format_count(uploads, 'video')} to upload; {format_count(left, 'episode')} to publish.",
        f"All are done on {day} at the earliest. What limits that: {limit}.",
        f"Used today: {today}.",
        *([] if interval else ["Without --every, videos stay private until you publish them."]),
    ]
    data = {"uploads": uploads, "episodes": left, "end": end, "limit": limit, "rates": rates}
    return CommandResult(lines, {**data, "used": used})


def discover_episodes(
    context: ManagerContext,
    settings: EpisodeSettings,
    source: find_items.ItemSource,
    limit: int,
    *,
    dry_run: bool,
) -> CommandResult:
    """Add up to `limit` new episodes, 0 for all; with `dry_run`, only list them."""
    items = list_known(context)
    paths, checksums = {one.path for one in items}, {one.checksum: one.path for one in items}
    path, problems = context.queue_folder / "discover.json", dict[str, str]()
    names, known = list[str](), list[str]()
    kept = untrusted_files.read_json(path, dict[str, str]) or {}
    with contextlib.closing(job.open_clients(settings)) as clients:
        for page in source.iter_pages(clients.archive, kept.get(source.text, "")):
            new = [name for name in page.identifiers if name.partition("/")[0] not in paths]
            known += [name for name in page.identifiers if name not in new]
            problems |= {
                name: str(UnusableItem(name, _INVALID, "")).strip() for name in page.invalid
            }
            while new and not 0 < limit <= len(names):
                size = min(_CHUNK, limit - len(names)) if limit else _CHUNK
                chunk, new = new[:size], new[size:]
                found = find_items.find_new(clients.archive, chunk, checksums, problems)
                names += [one.name for one in found]
                if found and not dry_run:
                    prepare_items.add_items(context, found)
            if new:
                break
            if not (dry_run or source.names):
                cursor = {source.text: page.cursor} if page.cursor else {}
                atomic_files.write_atomic(path, msgspec.json.encode(cursor))
    verb = "would be added" if dry_run else "added"
    lines = [f"{format_count(len(names), 'episode')} {verb}{': ' if names else '.'}"]
    lines[0] += f"{', '.join(names[:_SHOWN])}{', ...' if names[_SHOWN:] else ''}"
    if known:
        lines.append(f"{format_count(len(known), 'episode')} in the queue already.")
    if problems:
        lines.append(f"{format_count(len(problems), 'item')} left out:")
    more = [f"{len(problems) - _SHOWN:,} more; --json lists all."] if len(problems) > _SHOWN else []
    lines += [*list(problems.values())[:_SHOWN], *more]
    code = UnusableItem.exit_code if source.is_one and problems else 0
    return CommandResult(lines, {"added": names, "known": known, "problems": problems}, code)


def list_known(context: ManagerContext) -> list[EpisodeItem]:
    """Return all episodes, also if there is no queue yet; raise UsageError if it was lost."""
    with contextlib.suppress(NoQueue):
        return read_episodes(context)
    return []


def read_episodes(context: ManagerContext) -> list[EpisodeItem]:
    """Return all episodes; raise NoQueue, or UsageError if the queue was lost."""
    try:
        return list_episodes(context.read_state())
    except NoQueue:
        maintenance.refuse_lost_queue(context.home, locate_exports(context.queue_folder))
        raise


def choose_source(
    collection: str | None, search: str | None, identifiers: Path | None, episode: str | None
) -> find_items.ItemSource:
    """Return the source of the one option that was given; raise UsageError for none or several."""
    given = [value for value in (collection, search, identifiers, episode) if value]
    if len(given) != 1:
        raise UsageError("Give one of --collection, --search, --identifiers and --episode.")
    names = find_items.read_list(identifiers) if identifiers else ()
    if episode:
        names = (find_items.parse_identifier(episode),)
        if not names[0]:
            shown = path_text.to_printable(episode)
            raise UsageError(f'"{shown}" is no identifier of archive.org. Correct --episode.')
    return find_items.ItemSource(collection or "", search or "", names, is_one=bool(episode))
