"""What came of an artist: files for people and programs, and an outcome for the queue."""

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
    """All that is to be told of an artist."""

    artist: Artist
    issues: Sequence[Issue]
    repairs: Repaired
    fresh: Repaired  # those of them that no earlier outcome told of
    asked: Inquiry


def write(told: Account, work: Work, home: Path) -> None:
    """Write the report and the audit files, those that differ from what is there.

    One that no queue knows has nothing in the list of reviews.
    """
    found, issues, outputs = told.artist, told.issues, _outputs(work)
    paths = report.Paths(home, outputs.json, outputs.csv, listed=bool(work.stamp.claim))
    contents = {
        outputs.report: report.render(found, issues, paths, told.repairs, told.asked).encode(),
        outputs.json: audit.to_json(found, issues, work.stamp.key, outputs.report, told.asked),
        outputs.csv: audit.to_csv(found, issues),
    }
    files.write_differing({home / name: new for name, new in contents.items()})


def outcome(told: Account, work: Work, mended: Mended, places: Places) -> Outcome:
    """Tell the queue what came of an artist."""
    repairs, decisions = told.repairs, list(filter(diagnose.needs_person, told.issues))
    reviews = len(decisions)
    fixed = told.fresh.count if places.write else repaired.expected(mended.due)
    filled = told.fresh.filled if places.write else repaired.to_be_filled(mended.due)
    counts = _counted(told, decisions)
    first = mending.first_claim(work, by_hand=places.by_hand)
    facts = _facts(told, _mended(fixed, told.fresh, reviews) | counts, filled)
    if places.by_hand:
        facts = {"by_hand": True, **_unclaimed(facts)}
    return Outcome(
        message=_message(told, fixed, reviews),
        data={
            "track_count": _tracks(told),
            "album_count": len(told.artist.albums),
            "unread_count": len(told.artist.unread),
            "repaired": first if repairs.count or places.by_hand else 0,
            "report": _outputs(work).report,
            "lookup": _lookup(told, places),
            "mbid": told.asked.mbid,
            # Of the moment before the reading: what changed since will be noticed by a scan.
            "fingerprint": told.artist.fingerprint,
            **figures.counts(told.artist.matches),
            "fields_filled": repairs.filled if places.write else filled,
            **_mended(repairs.count if places.write else fixed, repairs, reviews),
            **counts,
        },
        open_ids=tuple(sorted(issue.id for issue in decisions)),
        facts=facts | _due(told.artist, mended),
    )


def _tracks(told: Account) -> int:
    return sum(1 for _ in told.artist.tracks)


def _counted(told: Account, decisions: Sequence[Issue]) -> dict[str, object]:
    return {
        "manual_reviews": len(decisions),
        "issues": diagnose.tally(decisions),
        "notes": len(told.issues) - len(decisions),
    }


def _message(told: Account, fixed: int, reviews: int) -> str:
    shown = [("track", _tracks(told)), ("auto-fix", fixed), ("manual review", reviews)]
    message = ", ".join(page.counted(number, noun) for noun, number in shown)
    if refused := told.repairs.refused:
        message += f", {page.counted(len(refused), 'file')} not written"
    if unread := told.artist.unread:
        message += f", {page.counted(len(unread), 'audio file')} not read"
    return message


def _facts(told: Account, counts: dict[str, object], filled: int) -> dict[str, object]:
    """Tell the history what is new of an artist."""
    facts: dict[str, object] = {"tracks": _tracks(told), "albums": len(told.artist.albums)}
    facts |= {**counts, "repairs": told.fresh.by_kind}
    matched = figures.counts(told.artist.matches) | {"fields_filled": filled}
    matched |= {"unread_count": len(told.artist.unread)}
    facts |= {name: number for name, number in matched.items() if number}
    return facts | ({"not_written": dict(told.repairs.refused)} if told.repairs.refused else {})


def _lookup(told: Account, places: Places) -> Lookup:
    """Tell what became of the look-up, which a batch takes up again to fill in what it may now.

    That is where a person's command has made certain which release an album is.
    """
    lacking = (one for one in told.issues if one.kind == enrichment.FILLED)
    due = places.by_hand and any(one.proposal and not one.held for one in lacking)
    return "pending" if due else told.asked.state


def _mended(fixed: int, repairs: Repaired, reviews: int) -> dict[str, object]:
    """Count what was, or would be, mended."""
    found = reviews + fixed
    return {"issues_found": found, "issues_resolved": repairs.count, "auto_fixed": fixed}


def _unclaimed(facts: dict[str, object]) -> dict[str, object]:
    """Leave out the repairs, which were made, and told of, before a person's command."""
    repairs = "issues_found", "issues_resolved", "auto_fixed", "repairs", "fields_filled"
    return {name: value for name, value in facts.items() if name not in repairs}


def _due(found: Artist, mended: Mended) -> dict[str, object]:
    """What a dry run would change, and below which folder."""
    return {"path": found.path, "due": msgspec.to_builtins(mended.due)} if mended.due else {}


def _outputs(work: Work) -> Outputs:
    stem = work.item.output_name or files.safe_name(files.unescape(work.stamp.key))
    return Outputs(
        report=f"issues/music/{stem}_library_issues.md",
        json=f"outputs/{stem}_audit.json",
        csv=f"outputs/{stem}_audit.csv",
    )
