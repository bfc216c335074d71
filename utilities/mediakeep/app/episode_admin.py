"""Show, check and change the episodes of a home, without a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from mediakeep import yaml_text
from mediakeep.app.console import CommandResult
from mediakeep.episodes import maintenance
from mediakeep.episodes.exports.document import EpisodeState
from mediakeep.episodes.exports.follower import locate_exports
from mediakeep.episodes.item import EPISODES
from mediakeep.episodes.state_manager import StateManager, generate_summary, identify_incomplete
from mediakeep.episodes.states import ProcessingStage
from mediakeep.errors import MediakeepError, NoQueue, UsageError
from mediakeep.size_text import format_count

_LOST = (
    "What was lost with the queue: the calls of today, so estimate begins at 0, and what was"
    " remembered of --every and --config: give these again."
)
_NOTES = "For all notes of an episode, use status --episode ID."
_RETRIED = (ProcessingStage.FAILED, ProcessingStage.SKIPPED)


class AdminRequest(msgspec.Struct, frozen=True):
    """What a command is asked to do: with one episode, or with at most `limit` of them."""

    limit: int = 10
    dry_run: bool = False
    episode: str = ""
    reason: str = ""


def open_manager(home: Path) -> StateManager:
    """Return the manager of the episodes of a home; raise NoQueue or UsageError without a queue."""
    queue = home / "status" / EPISODES.name
    manager = StateManager(locate_exports(queue), queue)
    try:
        _ = manager.state
    except NoQueue:
        maintenance.refuse_lost_queue(home, manager.folder)
        raise
    return manager


def show_status(manager: StateManager, request: AdminRequest) -> CommandResult:
    """Count the episodes by state.

    Those that changed last are listed, and whether there are notes. With --episode, one is shown.
    """
    notes = maintenance.list_notes(manager)
    if request.episode:
        state = manager.get_episode_state(request.episode)
        shown = {**msgspec.to_builtins(state), "notes": notes.get(state.episode_id, {})}
        return CommandResult(yaml_text.render(shown).splitlines(), shown)
    summary, counts = generate_summary(manager), manager.count_by_stage()
    latest = manager.get_latest(request.limit)
    lines = [f"{stage}: {count:,}" for stage, count in counts.items() if count]
    wanted = summary.total_episodes - counts[ProcessingStage.SKIPPED]
    share = f"{summary.completion_percentage} % of {format_count(wanted, 'episode')}"
    lines.append(f"{share} published, without those skipped.")
    if summary.estimated_completion:
        lines.append(f"At this pace, all are on {summary.estimated_completion[:10]}.")
    for name, own in islice(notes.items(), 1):
        count, first = format_count(len(notes), "episode"), ": ".join([*own.items()][-1])
        lines += [f"{count} with notes, such as {name}: {first}", _NOTES]
    data = {"summary": summary, "stages": counts, "latest": latest, "notes": notes}
    return CommandResult([*lines, *(["", "Last changes:"] if latest else []), *_list(latest)], data)


def list_incomplete(manager: StateManager, request: AdminRequest) -> CommandResult:
    """List the episodes under way, and what they wait for."""
    found = _select(identify_incomplete(manager), request)
    return CommandResult(_list(found) or ["No episode is incomplete."], found)


def retry(manager: StateManager, request: AdminRequest) -> CommandResult:
    """Let failed episodes be tried again.

    So are those that were skipped after their last attempt; with --episode, any skipped one.
    """
    states = [state for stage in _RETRIED for state in manager.get_episodes_by_stage(stage)]
    failed = [state for state in states if state.error_history or request.episode]
    names = [state.episode_id for state in _select(failed, request)]
    if request.episode and not names:
        state = manager.get_episode_state(request.episode)
        hint = "Only failed and skipped episodes can be."
        raise UsageError(f"{state.episode_id} cannot be retried: it is {state.stage}. {hint}")
    if not request.dry_run:
        maintenance.retry_episodes(manager, names)
    count, would = format_count(len(names), "episode"), "would" if request.dry_run else "will"
    lines = [f"{count} {would} be tried again by the next run.", *names]
    return CommandResult(lines, {"episodes": names, "dry_run": request.dry_run})


def skip(manager: StateManager, request: AdminRequest) -> CommandResult:
    """Skip an episode until it is retried."""
    if not request.episode:
        raise UsageError("Name the episode to skip with --episode ID.")
    name = manager.get_episode_state(request.episode).episode_id
    maintenance.skip_episode(manager, name, request.reason, dry_run=request.dry_run)
    line = f"{name} {'would be' if request.dry_run else 'is'} skipped."
    return CommandResult([line], {"episodes": [name], "dry_run": request.dry_run})


def audit(manager: StateManager, request: AdminRequest) -> CommandResult:
    """Check the log of all changes; or show that of one episode."""
    if not request.episode:
        return _report(
            maintenance.audit_log(manager), request, "The log has allowed changes of state only."
        )
    rows = maintenance.read_log(manager, manager.get_episode_state(request.episode).episode_id)
    return CommandResult([" ".join(row).rstrip() for row in rows], rows)


def verify(manager: StateManager, request: AdminRequest) -> CommandResult:
    """Compare the queue with its exports and files."""
    return _report(maintenance.verify_exports(manager), request, "Queue, exports and files agree.")


def clean_up(manager: StateManager, request: AdminRequest) -> CommandResult:
    """Move files that belong to no episode to quarantine."""
    found = maintenance.cleanup_orphaned_files(manager, dry_run=True)[: request.limit]
    maintenance.quarantine_files(manager, () if request.dry_run else found)
    would = "would be moved" if request.dry_run else "moved"
    lines = [f"{format_count(len(found), 'file')} {would} to quarantine.", *map(str, found)]
    return CommandResult(lines, {"files": lines[1:], "dry_run": request.dry_run})


def rebuild(home: Path, request: AdminRequest) -> CommandResult:
    """Create a lost queue from the YAML files of a home."""
    state = locate_exports(home / "status" / EPISODES.name)
    names, problems = maintenance.rebuild_queue(home, state, dry_run=request.dry_run)
    verb = "would be added" if request.dry_run else "added"
    lines = [f"{format_count(len(names), 'episode')} {verb} from the YAML files in {state}."]
    lines += [*_format(problems), *([] if request.dry_run else [_LOST])]
    code = MediakeepError.exit_code if problems else 0
    return CommandResult(lines, {"episodes": names, "problems": problems}, code)


def _select(states: Sequence[EpisodeState], request: AdminRequest) -> list[EpisodeState]:
    chosen = [s for s in states if request.episode in ("", s.episode_id, s.archive_identifier)]
    return chosen[: request.limit]


def _list(states: Sequence[EpisodeState]) -> list[str]:
    return [
        ": ".join(filter(None, (state.episode_id, state.stage, state.status_message)))
        for state in states
    ]


def _report(
    findings: Sequence[maintenance.Finding], request: AdminRequest, text: str
) -> CommandResult:
    shown = [one for one in findings if request.episode in ("", one.episode_id)]
    lines = _format(shown[: request.limit])
    if more := len(shown) - len(lines):
        lines.append(f"{more:,} more; use --limit.")
    return CommandResult(lines or [text], shown, MediakeepError.exit_code if shown else 0)


def _format(findings: Sequence[maintenance.Finding]) -> list[str]:
    return [": ".join(filter(None, (one.episode_id, one.problem))) for one in findings]


ACTIONS: Mapping[str, Callable[[StateManager, AdminRequest], CommandResult]] = {
    "status": show_status,
    "incomplete": list_incomplete,
    "retry": retry,
    "skip": skip,
    "audit": audit,
    "verify": verify,
    "cleanup": clean_up,
}
