"""Write the report files of a processed artist, and build the outcome for the queue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mediakeep import atomic_files, home_rpc, path_text
from mediakeep.issue import Issue, count_by_kind
from mediakeep.item import LookupState
from mediakeep.music import diagnose
from mediakeep.music.artist_lookup.lookup import ArtistLookup
from mediakeep.music.matching import match_json
from mediakeep.music.model import Artist
from mediakeep.music.repairs import apply, enrichment, history
from mediakeep.music.repairs.apply import RepairResult
from mediakeep.music.repairs.history import RepairHistory
from mediakeep.music.reports import artist_report, audit_files
from mediakeep.music.worker_context import MusicWorkerConfig
from mediakeep.outcome import Outcome, Work
from mediakeep.size_text import format_count


class ArtistOutputPaths(msgspec.Struct, frozen=True):
    """The paths of an artist's output files, relative to mediakeep's home folder."""

    report: str
    json: str
    csv: str


class ArtistResult(msgspec.Struct, frozen=True, kw_only=True):
    """Everything found out about a processed artist: scan, issues, repairs and lookup."""

    artist: Artist
    issues: Sequence[Issue]
    repairs: RepairHistory
    new_repairs: RepairHistory  # those not reported by an earlier outcome
    lookup: ArtistLookup


def write_outputs(result: ArtistResult, work: Work, home: Path) -> None:
    """Write an artist's report and audit files if their content has changed.

    The review list does not include issues of an artist that is in no queue; the report takes that
    into account.
    """
    artist, issues, outputs = result.artist, result.issues, _output_paths(work)
    paths = artist_report.ReportPaths(
        home, outputs.json, outputs.csv, in_queue=bool(work.stamp.claim)
    )
    contents = {
        outputs.report: artist_report.render_report(
            artist, issues, paths, result.repairs, result.lookup
        ).encode(),
        outputs.json: audit_files.to_json(
            artist, issues, work.stamp.key, outputs.report, result.lookup
        ),
        outputs.csv: audit_files.to_csv(artist, issues),
    }
    home_rpc.call_at_home(atomic_files.write_outputs, home, contents)


def build_outcome(
    result: ArtistResult, work: Work, repair_result: RepairResult, config: MusicWorkerConfig
) -> Outcome:
    """Return the outcome of processing an artist, which the queue stores."""
    repairs, decisions = result.repairs, list(filter(diagnose.needs_decision, result.issues))
    reviews = len(decisions)
    fixed = (
        result.new_repairs.count
        if config.write
        else history.count_planned_repairs(repair_result.planned)
    )
    filled = (
        result.new_repairs.filled
        if config.write
        else history.count_planned_fills(repair_result.planned)
    )
    counts = _review_counts(result, decisions)
    first = apply.first_counted_claim(work, by_hand=config.by_hand)
    facts = _history_facts(
        result, _repair_counts(fixed, result.new_repairs, reviews) | counts, filled
    )
    if config.by_hand:
        facts = {"by_hand": True, **_without_repairs(facts)}
    return Outcome(
        message=_format_message(result, fixed, reviews),
        data={
            "track_count": _count_tracks(result),
            "album_count": len(result.artist.albums),
            "unread_count": len(result.artist.unread_files),
            "repaired": first if repairs.count or config.by_hand else 0,
            "report": _output_paths(work).report,
            "lookup": _lookup_state(result, config),
            "mbid": result.lookup.mbid,
            # Taken before reading: a scan notices later changes.
            "fingerprint": result.artist.fingerprint,
            **match_json.count_by_confidence(result.artist.matches),
            "fields_filled": repairs.filled if config.write else filled,
            **_repair_counts(repairs.count if config.write else fixed, repairs, reviews),
            **counts,
        },
        open_ids=tuple(sorted(issue.id for issue in decisions)),
        facts=facts | _planned_changes(result.artist, repair_result),
    )


def _count_tracks(result: ArtistResult) -> int:
    return sum(1 for _ in result.artist.tracks)


def _review_counts(result: ArtistResult, decisions: Sequence[Issue]) -> dict[str, object]:
    return {
        "manual_reviews": len(decisions),
        "issues": count_by_kind(decisions),
        "notes": len(result.issues) - len(decisions),
    }


def _format_message(result: ArtistResult, fixed: int, reviews: int) -> str:
    shown = [("track", _count_tracks(result)), ("auto-fix", fixed), ("manual review", reviews)]
    message = ", ".join(format_count(number, noun) for noun, number in shown)
    if refused := result.repairs.refused:
        message += f", {format_count(len(refused), 'file')} not written"
    if unread := result.artist.unread_files:
        message += f", {format_count(len(unread), 'audio file')} not read"
    return message


def _history_facts(
    result: ArtistResult, counts: dict[str, object], filled: int
) -> dict[str, object]:
    """Return the counts of an artist that the history stores."""
    facts: dict[str, object] = {
        "tracks": _count_tracks(result),
        "albums": len(result.artist.albums),
    }
    facts |= {**counts, "repairs": result.new_repairs.by_kind}
    matched = match_json.count_by_confidence(result.artist.matches) | {"fields_filled": filled}
    matched |= {"unread_count": len(result.artist.unread_files)}
    facts |= {name: number for name, number in matched.items() if number}
    return facts | ({"not_written": dict(result.repairs.refused)} if result.repairs.refused else {})


def _lookup_state(result: ArtistResult, config: MusicWorkerConfig) -> LookupState:
    """Return the state of the lookup for the queue; "pending" makes a batch repeat it.

    It is also pending if the user has chosen the release of an album by a command. Then a batch can
    fill in tags.
    """
    incomplete = (issue for issue in result.issues if issue.kind == enrichment.FILLED_KIND)
    may_fill = config.by_hand and any(issue.proposal and not issue.held for issue in incomplete)
    return "pending" if may_fill else result.lookup.state


def _repair_counts(fixed: int, repairs: RepairHistory, reviews: int) -> dict[str, object]:
    """Return the numbers of repairs and reviews; in a dry run, of repairs that would be made."""
    total = reviews + fixed
    return {"issues_found": total, "issues_resolved": repairs.count, "auto_fixed": fixed}


def _without_repairs(facts: dict[str, object]) -> dict[str, object]:
    """Leave out the counts of repairs that an earlier outcome has reported already."""
    repairs = "issues_found", "issues_resolved", "auto_fixed", "repairs", "fields_filled"
    return {name: value for name, value in facts.items() if name not in repairs}


def _planned_changes(artist: Artist, repair_result: RepairResult) -> dict[str, object]:
    """Return the changes that a dry run plans, and the folder that their paths are relative to."""
    return (
        {"path": artist.path, "due": msgspec.to_builtins(repair_result.planned)}
        if repair_result.planned
        else {}
    )


def _output_paths(work: Work) -> ArtistOutputPaths:
    stem = work.item.output_name or path_text.safe_name(path_text.unescape_path(work.stamp.key))
    return ArtistOutputPaths(
        report=f"issues/music/{stem}_library_issues.md",
        json=f"outputs/{stem}_audit.json",
        csv=f"outputs/{stem}_audit.csv",
    )
