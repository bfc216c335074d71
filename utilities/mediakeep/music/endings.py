"""Write the reports of an artist and build the outcome for the queue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.issue import Issue
from mediakeep.item import Lookup
from mediakeep.music import audit, diagnose, mending, repaired, report
from mediakeep.music.discography.inquiry import Inquiry
from mediakeep.music.matching import figures
from mediakeep.music.mending import Mended
from mediakeep.music.model import Artist
from mediakeep.music.repaired import Repaired
from mediakeep.music.repairs import enrichment
from mediakeep.music.tools import Places
from mediakeep.outcome import Outcome, Work
from mediakeep.pages import page


class Outputs(msgspec.Struct, frozen=True):
    """The files of one artist, as paths below the home."""

    report: str
    json: str
    csv: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is reported about an artist."""

    artist: Artist
    issues: Sequence[Issue]
    repairs: Repaired
    fresh: Repaired  # those not reported by an earlier outcome
    asked: Inquiry


def write(result: Account, work: Work, home: Path) -> None:
    """Write the report and the audit files if their content has changed.

    Issues of an artist that is in no queue are not in the review list.
    """
    artist, issues, outputs = result.artist, result.issues, _outputs(work)
    paths = report.Paths(home, outputs.json, outputs.csv, listed=bool(work.stamp.claim))
    contents = {
        outputs.report: report.render(artist, issues, paths, result.repairs, result.asked).encode(),
        outputs.json: audit.to_json(artist, issues, work.stamp.key, outputs.report, result.asked),
        outputs.csv: audit.to_csv(artist, issues),
    }
    files.write_differing({home / name: new for name, new in contents.items()})


def outcome(result: Account, work: Work, repair_result: Mended, config: Places) -> Outcome:
    """Build the outcome of an artist for the queue."""
    repairs, decisions = result.repairs, list(filter(diagnose.needs_person, result.issues))
    reviews = len(decisions)
    fixed = result.fresh.count if config.write else repaired.expected(repair_result.due)
    filled = result.fresh.filled if config.write else repaired.to_be_filled(repair_result.due)
    counts = _counted(result, decisions)
    first = mending.first_claim(work, by_hand=config.by_hand)
    facts = _facts(result, _mended(fixed, result.fresh, reviews) | counts, filled)
    if config.by_hand:
        facts = {"by_hand": True, **_unclaimed(facts)}
    return Outcome(
        message=_message(result, fixed, reviews),
        data={
            "track_count": _tracks(result),
            "album_count": len(result.artist.albums),
            "unread_count": len(result.artist.unread),
            "repaired": first if repairs.count or config.by_hand else 0,
            "report": _outputs(work).report,
            "lookup": _lookup(result, config),
            "mbid": result.asked.mbid,
            # Taken before reading: a scan notices later changes.
            "fingerprint": result.artist.fingerprint,
            **figures.counts(result.artist.matches),
            "fields_filled": repairs.filled if config.write else filled,
            **_mended(repairs.count if config.write else fixed, repairs, reviews),
            **counts,
        },
        open_ids=tuple(sorted(issue.id for issue in decisions)),
        facts=facts | _due(result.artist, repair_result),
    )


def _tracks(result: Account) -> int:
    return sum(1 for _ in result.artist.tracks)


def _counted(result: Account, decisions: Sequence[Issue]) -> dict[str, object]:
    return {
        "manual_reviews": len(decisions),
        "issues": diagnose.tally(decisions),
        "notes": len(result.issues) - len(decisions),
    }


def _message(result: Account, fixed: int, reviews: int) -> str:
    shown = [("track", _tracks(result)), ("auto-fix", fixed), ("manual review", reviews)]
    message = ", ".join(page.counted(number, noun) for noun, number in shown)
    if refused := result.repairs.refused:
        message += f", {page.counted(len(refused), 'file')} not written"
    if unread := result.artist.unread:
        message += f", {page.counted(len(unread), 'audio file')} not read"
    return message


def _facts(result: Account, counts: dict[str, object], filled: int) -> dict[str, object]:
    """Return the facts that the history stores about an artist."""
    facts: dict[str, object] = {"tracks": _tracks(result), "albums": len(result.artist.albums)}
    facts |= {**counts, "repairs": result.fresh.by_kind}
    matched = figures.counts(result.artist.matches) | {"fields_filled": filled}
    matched |= {"unread_count": len(result.artist.unread)}
    facts |= {name: number for name, number in matched.items() if number}
    return facts | ({"not_written": dict(result.repairs.refused)} if result.repairs.refused else {})


def _lookup(result: Account, config: Places) -> Lookup:
    """Return the state of the lookup; "pending" makes a batch fill in what has become known.

    This is the case if a command of the user has settled which release an album is.
    """
    incomplete = (issue for issue in result.issues if issue.kind == enrichment.FILLED)
    may_fill = config.by_hand and any(issue.proposal and not issue.held for issue in incomplete)
    return "pending" if may_fill else result.asked.state


def _mended(fixed: int, repairs: Repaired, reviews: int) -> dict[str, object]:
    """Count the repairs that were made, or in a dry run would be made."""
    total = reviews + fixed
    return {"issues_found": total, "issues_resolved": repairs.count, "auto_fixed": fixed}


def _unclaimed(facts: dict[str, object]) -> dict[str, object]:
    """Leave out the repairs: they were made and reported before the user's command."""
    repairs = "issues_found", "issues_resolved", "auto_fixed", "repairs", "fields_filled"
    return {name: value for name, value in facts.items() if name not in repairs}


def _due(artist: Artist, repair_result: Mended) -> dict[str, object]:
    """Return what a dry run would change, and the folder that the paths are below."""
    return (
        {"path": artist.path, "due": msgspec.to_builtins(repair_result.due)}
        if repair_result.due
        else {}
    )


def _outputs(work: Work) -> Outputs:
    stem = work.item.output_name or files.safe_name(files.unescape(work.stamp.key))
    return Outputs(
        report=f"issues/music/{stem}_library_issues.md",
        json=f"outputs/{stem}_audit.json",
        csv=f"outputs/{stem}_audit.csv",
    )
