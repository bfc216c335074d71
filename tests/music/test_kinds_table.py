"""The table of issue kinds is complete, sorted, and equal to its documentation."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from types import FunctionType

import pytest

from mediakeep.issue import Severity
from mediakeep.music import checks
from mediakeep.music.issue_kinds import ISSUE_KINDS, MusicIssueKind, MusicIssueScope
from mediakeep.music.model import TrackFault
from mediakeep.music.text import placeholders
from tests.sampling import each_row

PAGE = Path(__file__).parents[2] / "docs" / "issue-kinds.md"

# What a check is shown, and what it gives: the shape of every check and of nothing else.
VIEWS = {
    "Track": MusicIssueScope.TRACK,
    "Album": MusicIssueScope.ALBUM,
    "Artist": MusicIssueScope.ARTIST,
}
ONE, MANY = "str | None", "dict[str, str]"


def list_checks() -> set[FunctionType]:
    """Find all public functions in `checks` that are shown one subject and give details of it."""
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
        and read_signature(value)[0] in VIEWS
        and read_signature(value)[1] in (ONE, MANY)
    }


def read_signature(check: FunctionType) -> tuple[str, str]:
    """Return what a function is shown, where that is one thing alone, and what it gives."""
    names = check.__annotations__
    given = str(names.get("return"))
    shown = [str(name) for place, name in names.items() if place != "return"]
    return (shown[0] if len(shown) == 1 else "", given)


def test_every_check_is_in_the_table_once_under_its_own_name() -> None:
    assert len(ISSUE_KINDS) > 30
    assert {kind.check for kind in ISSUE_KINDS} == list_checks()
    assert len({kind.check for kind in ISSUE_KINDS}) == len(ISSUE_KINDS)
    for kind in ISSUE_KINDS:
        assert kind.check.__name__ == kind.name.replace("-", "_")


def test_a_check_that_is_not_in_the_table_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = "from __future__ import annotations\ndef too_loud(track: Track) -> str | None: ..."
    space = {"__name__": checks.missing_tags.__name__}
    exec(code, space)  # written as it would be in the module itself
    monkeypatch.setattr(checks.missing_tags, "too_loud", space["too_loud"], raising=False)
    assert list_checks() - {kind.check for kind in ISSUE_KINDS} == {space["too_loud"]}


@each_row("kind", ISSUE_KINDS)
def test_a_row_fits_its_check(kind: MusicIssueKind) -> None:
    shown, given = read_signature(kind.check)
    assert VIEWS[shown] is (kind.view or kind.scope)
    wide = kind.view is not None
    assert given == (MANY if wide else ONE)
    if wide:
        assert list(MusicIssueScope).index(kind.view) > list(MusicIssueScope).index(kind.scope)  # type: ignore[arg-type]


@each_row("kind", ISSUE_KINDS)
def test_a_row_names_the_meaning_and_the_fix(kind: MusicIssueKind) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.name)
    assert kind.check.__doc__
    for sentence in (kind.meaning, kind.cure):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert sentence.isprintable()


def test_the_most_urgent_kinds_come_first_and_each_once() -> None:
    severities = [list(Severity).index(kind.severity) for kind in ISSUE_KINDS]
    assert severities == sorted(severities)
    assert len({kind.name for kind in ISSUE_KINDS}) == len(ISSUE_KINDS)


def test_each_fault_of_a_file_is_a_kind_and_an_error() -> None:
    by_name = {kind.name: kind for kind in ISSUE_KINDS}
    for fault in TrackFault:
        assert by_name[fault].severity is Severity.ERROR
        assert by_name[fault].scope is MusicIssueScope.TRACK
        assert not by_name[fault].repairable


def test_the_page_lists_the_kinds_and_placeholders_that_the_code_knows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for table in (kinds_as_markdown(), genres_as_markdown()):
        assert table in page, f"docs/issue-kinds.md must hold:\n{table}"


def test_the_page_reports_every_kind_how_it_is_found() -> None:
    page = PAGE.read_text(encoding="utf-8")
    page_text = page[page.index("## How each is found") :]
    for kind in ISSUE_KINDS:
        assert f"**{kind.name}**" in page_text, (
            f"docs/issue-kinds.md does not say how {kind.name} is"
        )
    named = set(re.findall(r"\*\*([a-z0-9]+(?:-[a-z0-9]+)+)\*\*", page_text))
    assert named <= {kind.name for kind in ISSUE_KINDS}


def kinds_as_markdown() -> str:
    rows = [
        f"| `{kind.name}` | {kind.severity} | {kind.scope} "
        f"| {'yes' if kind.repairable else 'no'} | {kind.meaning} {kind.cure} |"
        for kind in ISSUE_KINDS
    ]
    head = ["| Kind | Severity | About | Can be repaired | What it means, and the cure |"]
    return "\n".join([*head, "|---|---|---|---|---|", *rows])


def genres_as_markdown() -> str:
    return " ".join(f"`{genre}`" for genre in sorted(placeholders.GENRES))
