"""Safe repairs are complete after one round, and harm nothing."""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mediakeep.media.audio import tag_edits
from mediakeep.media.audio.tag_edits import SetField
from mediakeep.music import diagnose
from mediakeep.music.issue_kinds import ISSUE_KINDS
from mediakeep.music.model import Artist
from mediakeep.music.repairs import proposals, safe
from mediakeep.music.repairs.safe import SAFE_REPAIRS
from tests.music import paper
from tests.music.repairs import made
from tests.sampling import tried

ARTISTS = st.integers(0, 2**32).map(made.artist)


@tried(100)
@given(ARTISTS)
def test_repairs_made_once_leave_none_to_be_made(artist: Artist) -> None:
    repairs = safe.plan_repairs(artist)
    assert safe.plan_repairs(made.apply_repairs(artist, repairs)) == ()


@given(ARTISTS)
def test_a_plan_is_the_same_with_the_issues_and_without(artist: Artist) -> None:
    assert safe.plan_repairs(artist, diagnose.find_issues(artist, "Vera")) == safe.plan_repairs(
        artist
    )


@given(ARTISTS)
def test_a_file_that_must_not_be_written_is_in_no_plan_and_no_proposal(artist: Artist) -> None:
    issues = diagnose.find_issues(artist, "Vera")
    proposed = [one for some in proposals.propose_repairs(artist, issues).values() for one in some]
    tracks = {track.place: track for track in artist.tracks}
    for repair in (*safe.plan_repairs(artist), *proposed):
        facts = tracks[repair.place].facts
        assert facts is not None
        assert facts.format in made.WRITTEN
        assert not facts.protected
        assert not facts.truncated


@given(ARTISTS)
def test_a_field_of_a_file_is_repaired_once_and_changed_by_it(artist: Artist) -> None:
    tracks = {track.place: track for track in artist.tracks}
    repairs = safe.plan_repairs(artist)
    assert max(Counter((repair.place, repair.field) for repair in repairs).values(), default=0) <= 1
    for repair in repairs:
        assert set(repair.kinds) <= SAFE_REPAIRS.keys()
        assert re.fullmatch(rf"{', '.join(repair.kinds)}: \S.*", repair.change.reason)
        if isinstance(repair.change, SetField):
            assert repair.change.values != repair.old
            if repair.field not in ("track", "track_total"):
                assert repair.old == tag_edits.field_values(tracks[repair.place].tags, repair.field)


@tried(50)
@given(ARTISTS)
def test_a_repair_fixes_the_issue_that_it_names(artist: Artist) -> None:
    """Except mojibake and whitespace: what is beyond repair may be in the same file."""
    repairs = safe.plan_repairs(artist)
    after = diagnose.find_issues(made.apply_repairs(artist, repairs), "Vera")
    left = {(issue.kind, issue.path) for issue in after}
    for repair in repairs:
        for kind in set(repair.kinds) - {"mojibake", "whitespace"}:
            assert (kind, repair.place) not in left


def test_a_healthy_artist_has_no_repairs() -> None:
    artist = Artist(name="Vera", path="/Vera", albums=(paper.numbered(1, 2, 3),), fingerprint="")
    assert safe.plan_repairs(artist) == ()
    assert safe.plan_repairs(artist, ()) == ()


def test_every_repairable_kind_is_repaired_or_proposed_and_no_other_kind_is_repaired() -> None:
    repairable = {kind.name for kind in ISSUE_KINDS if kind.repairable}
    assert repairable <= SAFE_REPAIRS.keys() | proposals.PROPOSAL_FUNCTIONS.keys()
    assert SAFE_REPAIRS.keys() <= repairable
    assert SAFE_REPAIRS.keys() | proposals.PROPOSAL_FUNCTIONS.keys() <= {
        kind.name for kind in ISSUE_KINDS
    }
