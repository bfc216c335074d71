"""Every kind of issue is found where it is, and nowhere else."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from types import FunctionType
from typing import Any

from msgspec import structs

from mediakeep.issue import BlockCode, Issue, Severity
from mediakeep.lookups.service_config import Locale
from mediakeep.lookups.tmdb.model import Certification, MovieSummary, NamedEntity
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoStream
from mediakeep.movies import checks, diagnose
from mediakeep.movies.identify.model import MatchStatus, MovieIdentity
from mediakeep.movies.issue_kinds import ISSUE_KINDS, MovieIssueKind, MovieIssueScope
from mediakeep.movies.model import MovieName, MovieVideo, SubtitleFile
from mediakeep.movies.outputs import choose_commands
from mediakeep.movies.result import DuplicateMovie, MovieResult, NfoState, NfoStatus, SidecarOutcome
from tests.movies import accounts
from tests.movies.accounts import (
    account,
    build_open_identity,
    candidate,
    certain,
    film,
    local,
    video,
)
from tests.sampling import each_row

PAGE = Path(__file__).parents[2] / "docs" / "movie-issue-kinds.md"
SD = (VideoStream(codec="mpeg2video", width=720, height=576),)
GERMAN = (AudioStream("aac", "ger", 2),)
NFO = "Quiet Harbour (1987).nfo"


def find_details(result: MovieResult) -> dict[str, str]:
    """Return the kinds that are found, each with its details."""
    kinds: dict[str, str] = {}
    for issue in diagnose.find_issues(result):
        shown = f"{issue.path}: {issue.detail}" if issue.path else issue.detail
        kinds[issue.kind] = " | ".join(filter(None, (kinds.get(issue.kind), shown)))
    return kinds


def build_nested(**changes: Any) -> MovieResult:
    return account(local=local(**changes))


def build_parts(*minutes: float, **changes: Any) -> MovieResult:
    """Return the movie cut into parts of so many minutes."""
    videos = [
        video(f"Quiet Harbour (1987) cd{number}.mkv", duration=length * 60, part=number)
        for number, length in enumerate(minutes, 1)
    ]
    return account(local=local(videos=tuple(videos)), **changes)


def test_nothing_is_wrong_with_a_healthy_movie() -> None:
    assert find_details(account()) == {}


def test_before_a_lookup_nothing_is_reported_that_needs_one() -> None:
    bare = local(
        images=(), nfos=(), name=MovieName("Quiet Harbour", 1950), videos=(video(duration=60),)
    )
    result = account(local=bare, identity=MovieIdentity(lookup_error="offline"), nfo=NfoStatus())
    assert set(find_details(result)) == {"missing-nfo", "missing-poster", "missing-fanart"}


CASES: dict[str, list[tuple[MovieResult, str]]] = {
    "unreadable-video": [
        (
            build_nested(
                videos=(MovieVideo("a.mkv", 9, trouble="Cannot read a.mkv: it is a pipe."),)
            ),
            "a pipe",
        ),
    ],
    "truncated-video": [
        (build_nested(videos=(video(truncated="3 of 9 MB are there"),)), "3 of 9 MB are there"),
        (build_nested(videos=(MovieVideo("Quiet Harbour (1987).mkv"),)), "(1987).mkv: it is empty"),
    ],
    "not-video": [(build_nested(videos=(video(container="zip", video=()),)), "it is zip")],
    "no-audio": [(build_nested(videos=(video(audio=()),)), "Quiet Harbour (1987).mkv")],
    "id-conflict": [
        (account(identity=certain(conflicts=("The NFO says 1, the name 2.",))), "the name 2"),
    ],
    "invalid-id": [
        (
            account(nfo=structs.replace(account().nfo, invalid_ids=(("tmdb", "x"), ("imdb", "9")))),
            'the NFO says tmdb "x" and imdb "9"',
        )
    ],
    "removed-id": [(account(identity=certain(removed_ids=(17, 18))), "17, 18")],
    "name-not-parsed": [
        (
            account(
                local=local(name=MovieName()),
                identity=build_open_identity(sure=MatchStatus.UNMATCHED),
            ),
            "",
        ),
        (account(local=local(name=MovieName()), identity=MovieIdentity()), ""),
    ],
    "no-match": [
        (
            account(identity=build_open_identity(sure=MatchStatus.UNMATCHED)),
            'nothing like "Quiet Harbour" (1987)',
        ),
        (
            account(
                identity=build_open_identity(
                    candidate(1, 0.4, title="Harbour"), sure=MatchStatus.UNMATCHED
                )
            ),
            'the nearest is "Harbour" (1987) at 0.40',
        ),
    ],
    "ambiguous-match": [
        (
            account(
                identity=build_open_identity(
                    candidate(1, 0.8), candidate(2, 0.79, release_date="1990")
                )
            ),
            '"Quiet Harbour" (1987) at 0.80 or "Quiet Harbour" (1990) at 0.79',
        ),
        (
            account(identity=build_open_identity(*[candidate(n, 0.8) for n in range(5)])),
            "and 2 more",
        ),
    ],
    "duplicate-movie": [
        (
            account(duplicates=(DuplicateMovie("b.mkv"), DuplicateMovie("c.mkv"))),
            'the same as "b.mkv", "c.mkv"',
        ),
    ],
    "wrong-year": [
        (build_nested(name=MovieName("Quiet Harbour", 1990)), "1990 in its name, 1987 at TMDb")
    ],
    "year-off-by-one": [
        (build_nested(name=MovieName("Quiet Harbour", 1986)), "1986 in its name, 1987 at TMDb"),
        (build_nested(name=MovieName("Quiet Harbour", 1988)), "1988 in its name, 1987 at TMDb"),
    ],
    "runtime-differs": [
        (build_nested(videos=(video(duration=60 * 92),)), "92 min, and 104 at TMDb: another cut"),
        (build_nested(videos=(video(duration=60 * 120),)), "120 min, and 104 at TMDb: another cut"),
        (build_parts(50.0), "50 min, and 104 at TMDb: part 1 may not be all of it"),
        (build_parts(30.0, 30.0), "parts 1, 2 may not be all of it"),
        (
            build_nested(
                name=MovieName("Quiet Harbour", 1987, edition="Long Cut"),
                videos=(video(duration=9e3),),
            ),
            'too far off for the edition "Long Cut"',
        ),
    ],
    "corrupt-image": [
        (
            build_nested(images=(accounts.FANART, structs.replace(accounts.POSTER, mime=""))),
            "poster.jpg: its bytes are no picture",
        ),
        (
            build_nested(
                images=(accounts.POSTER, structs.replace(accounts.FANART, trouble="it is cut"))
            ),
            "fanart.jpg: it is cut",
        ),
    ],
    "missing-nfo": [
        (account(nfo=NfoStatus()), ""),
        (account(nfo=NfoStatus(NfoState.SCENE, NFO)), "is a note of its release, and no XML"),
        (
            account(nfo=NfoStatus(NfoState.BROKEN, NFO, reason="it is cut off.")),
            "not read: it is cut off",
        ),
        (account(nfo=NfoStatus(NfoState.UNSAFE, NFO)), "not read: unsafe"),
    ],
    "missing-poster": [
        (build_nested(images=(accounts.FANART,)), ""),
        (  # it was written before, and is gone
            account(
                local=local(images=(accounts.FANART,)), written=(SidecarOutcome("poster", "p.jpg"),)
            ),
            "",
        ),
    ],
    "missing-fanart": [(build_nested(images=(accounts.POSTER,)), "")],
    "missing-plot": [(account(nfo=NfoStatus(NfoState.READ, NFO, NfoMovie(plot=" \n"))), "")],
    "orphan-sidecar": [(build_nested(orphans=("Old Name.nfo",)), "Old Name.nfo")],
    "low-resolution": [(build_nested(videos=(video(video=SD),)), "720 x 576 pixels")],
    "missing-subtitles": [
        (
            build_nested(videos=(video(audio=GERMAN, subtitles=()),)),
            "it is in German, without English subtitles",
        ),
        (
            build_nested(
                videos=(video(audio=GERMAN, subtitles=(SubtitleStream("eng", forced=True),)),),
                subtitles=(SubtitleFile("a.en.forced.srt", "en", ("forced",)),),
            ),
            "without English",
        ),
    ],
    "small-poster": [
        (
            build_nested(
                images=(accounts.FANART, structs.replace(accounts.POSTER, width=499, height=700))
            ),
            "499 x 700 pixels",
        ),
    ],
    "collection-gap": [
        (
            account(
                identity=certain(movie=film(collection=NamedEntity("The Harbours", id=7))),
                missing_in_collection=(MovieSummary(8, "Loud Harbour", release_date="1991-01-01"),),
            ),
            '"The Harbours" lacks "Loud Harbour" (1991)',
        ),
    ],
    "certification-missing": [
        (account(locale=Locale("de-DE", "AT")), "none of AT, but of DE, US"),
        (account(identity=certain(movie=film(certificates=(Certification("US"),)))), "none of US"),
    ],
}


@each_row("kind", ISSUE_KINDS)
def test_a_kind_is_found_where_it_is_and_alone(kind: MovieIssueKind) -> None:
    for result, detail in CASES[kind.name]:
        assert detail in find_details(result)[kind.name]
        assert find_details(result).keys() == {kind.name}


FINE: dict[str, MovieResult] = {
    "a year that TMDb does not know": account(identity=certain(movie=film(release_date=""))),
    "a name without a year": build_nested(name=MovieName("Quiet Harbour")),
    "a title that nothing but its NFO tells": build_nested(name=MovieName()),
    "ten per cent longer": build_nested(videos=(video(duration=60 * 114),)),
    "faster by PAL": build_nested(videos=(video(duration=60 * 104 * 24 / 25),)),
    "a short film off by two minutes": account(
        identity=certain(movie=film(runtime=7)), local=local(videos=(video(duration=60 * 9),))
    ),
    "a long edition": build_nested(
        name=MovieName("Quiet Harbour", 1987, edition="Long Cut"),
        videos=(video(duration=60 * 140),),
    ),
    "two whole parts": build_parts(52.0, 52.0),
    "a running time that nobody knows": account(identity=certain(movie=film(runtime=0))),
    "a file that only its frame told of": build_nested(
        videos=(video(by="", video=(), audio=(), duration=0.0, subtitles=()),)
    ),
    "a silent film": account(
        identity=certain(movie=film(spoken_languages=("xx",))),
        local=local(videos=(video(audio=()),)),
    ),
    "a wide frame of few lines": build_nested(
        videos=(video(video=(VideoStream(width=1280, height=536),)),)
    ),
    "a narrow frame of many lines": build_nested(
        videos=(video(video=(VideoStream(width=960, height=720),)),)
    ),
    "a small version beside a sharp one": build_nested(
        videos=(video("a - 480p.mkv", video=SD, version="480p"), video("a - 1080p.mkv"))
    ),
    "sound that does not tell its language": build_nested(
        videos=(video(audio=(AudioStream("aac"),), subtitles=()),)
    ),
    "subtitles beside it": build_nested(
        videos=(video(audio=GERMAN, subtitles=()),),
        subtitles=(SubtitleFile("a.english.srt", "english"),),
    ),
    "subtitles that do not tell their language": build_nested(
        videos=(video(audio=GERMAN, subtitles=()),), subtitles=(SubtitleFile("a.srt"),)
    ),
    "sound in another of the wanted languages": structs.replace(
        build_nested(videos=(video(audio=GERMAN, subtitles=()),)), wanted_languages=("fr", "de")
    ),
    "an NFO that is locked": account(nfo=NfoStatus(NfoState.LOCKED, NFO, NfoMovie(plot="A."))),
    "a collection that is complete": account(
        identity=certain(movie=film(collection=NamedEntity("The Harbours", id=7)))
    ),
}


@each_row("what", FINE)
def test_nothing_is_reported(what: str) -> None:
    assert find_details(FINE[what]) == {}


def test_issues_come_by_urgency_and_their_ids_last() -> None:
    result = build_nested(videos=(video(audio=()),), orphans=("x.nfo",), images=(accounts.FANART,))
    first = diagnose.find_issues(result)
    assert [issue.kind for issue in first] == ["no-audio", "missing-poster", "orphan-sidecar"]
    again = diagnose.find_issues(
        structs.replace(result, local=structs.replace(result.local, root="/new"))
    )
    assert [issue.id for issue in again] == [issue.id for issue in first]
    assert len({issue.id for issue in first}) == 3


# Who has to do something


def list_needed(result: MovieResult) -> set[str]:
    return {issue.kind for issue in diagnose.find_issues(result) if diagnose.needs_decision(issue)}


def test_planned_files_need_no_review() -> None:
    bare = account(local=local(images=(), nfos=()), nfo=NfoStatus())
    missing = {"missing-nfo", "missing-poster", "missing-fanart"}
    assert list_needed(bare) == missing  # TMDb was asked, and has none
    waiting = structs.replace(bare, identity=MovieIdentity())
    assert set(find_details(waiting)) == missing
    assert list_needed(waiting) == set()
    due = structs.replace(bare, pending=(SidecarOutcome("poster", "p.jpg"),))
    assert list_needed(due) == {"missing-nfo", "missing-fanart"}


def test_an_undone_change_waits_for_a_decision() -> None:
    bare = account(local=local(nfos=()), nfo=NfoStatus(), identity=MovieIdentity())
    result = structs.replace(
        bare, blocked=(SidecarOutcome("nfo", NFO, "undone", code=BlockCode.UNDONE),)
    )
    (issue,) = diagnose.find_issues(result)
    assert (issue.kind, issue.held_code, issue.proposal) == ("missing-nfo", BlockCode.UNDONE, "")
    assert list_needed(result) == {"missing-nfo"}


def test_a_note_of_a_release_is_never_promised_to_be_replaced() -> None:
    result = account(nfo=NfoStatus(NfoState.SCENE, NFO), identity=MovieIdentity())
    assert list_needed(result) == {"missing-nfo"}


def test_notes_never_need_a_review() -> None:
    for kind in ISSUE_KINDS:
        for result, _ in CASES[kind.name]:
            if kind.severity is Severity.NOTE:
                assert kind.name not in list_needed(result)


# The table


def list_checks() -> set[FunctionType]:
    """Find all public functions in `checks` that are shown an account and give details of it."""
    modules = [
        importlib.import_module(f"{checks.__name__}.{module.name}")
        for module in pkgutil.iter_modules(checks.__path__)
    ]
    return {
        value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, FunctionType)
        and value.__module__ == module.__name__
        and not name.startswith("_")
        and value.__annotations__.get("return") in ("str | None", "dict[str, str]")
    }


def test_every_check_is_in_the_table_once_under_its_own_name() -> None:
    assert {kind.check for kind in ISSUE_KINDS} == list_checks()
    assert len({kind.name for kind in ISSUE_KINDS}) == len(ISSUE_KINDS)
    for kind in ISSUE_KINDS:
        assert kind.check.__name__.removeprefix("check_") == kind.name.replace("-", "_")
        wide = kind.check.__annotations__["return"] == "dict[str, str]"
        assert wide is (kind.scope is MovieIssueScope.FILE)


def test_the_most_urgent_kinds_come_first() -> None:
    severities = [list(Severity).index(kind.severity) for kind in ISSUE_KINDS]
    assert severities == sorted(severities)
    for kind in ISSUE_KINDS:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.name)
        for sentence in (kind.meaning, kind.cure):
            assert sentence[0].isupper()
            assert sentence.endswith(".")


def test_the_page_lists_the_kinds_that_the_code_knows_and_how_each_is_found() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert table() in page, f"docs/movie-issue-kinds.md must hold:\n{table()}"
    page_text = page[page.index("## How each is found") :]
    named = set(re.findall(r"\*\*([a-z]+(?:-[a-z]+)+)\*\*", page_text))
    assert named == {kind.name for kind in ISSUE_KINDS}


@each_row(
    ("kind", "is_there"),
    [("runtime-differs", True), ("wrong-year", True), ("duplicate-movie", False)],
)
def test_the_command_that_chooses_a_movie_is_shown_if_it_applies(
    kind: str, is_there: bool, tmp_path: Path
) -> None:
    issue = Issue(kind=kind, severity=Severity.WARNING, id="1")
    command = choose_commands.format_fix_command(tmp_path, "Heat (1995).mkv", issue)
    assert ("choose 'Heat (1995).mkv' TMDB_ID" in command) == is_there


def test_a_conflict_of_ids_after_a_choice_proposes_no_other_choice(tmp_path: Path) -> None:
    for kind in ("id-conflict", "removed-id"):
        issue = Issue(kind=kind, severity=Severity.WARNING, id="1")
        assert "choose" in choose_commands.format_fix_command(tmp_path, "a.mkv", issue)
        assert choose_commands.format_fix_command(tmp_path, "a.mkv", issue, is_chosen=True) == ""
    other = Issue(kind="runtime-differs", severity=Severity.WARNING, id="1")
    assert "choose" in choose_commands.format_fix_command(tmp_path, "a.mkv", other, is_chosen=True)


def table() -> str:
    rows = [
        f"| `{kind.name}` | {kind.severity} | {kind.scope} | {who_fixes(kind)} "
        f"| {kind.meaning} {kind.cure} |"
        for kind in ISSUE_KINDS
    ]
    head = ["| Kind | Severity | About | Fixed by | What it means, and the cure |"]
    return "\n".join([*head, "|---|---|---|---|---|", *rows])


def who_fixes(kind: MovieIssueKind) -> str:
    if kind.severity is Severity.NOTE:
        return "optional"
    if kind.fixed_by:
        return "a batch, if possible"
    return "you decide" if kind.settled_by_choice else "you"
