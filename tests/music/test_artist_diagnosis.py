"""Each kind of issue is found where it is, in every format, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mediakeep.issue import Issue, Severity
from mediakeep.music import checks, diagnose, discs, placeholders, scan
from mediakeep.music.diagnose import KINDS, Kind, Scope
from mediakeep.rehearsal import tracks
from mediakeep.rehearsal.tracks import Content
from tests.music import shelf

PAGE = Path(__file__).parents[2] / "docs" / "issue-kinds.md"


def found(artist: Path) -> list[Issue]:
    return diagnose.issues(scan.artist(artist), "Vera")


def kinds_of(artist: Path) -> dict[str, int]:
    return diagnose.tally(found(artist))


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    """An artist's folder with a cover in its one album, and no track yet."""
    (tmp_path / "Vera" / "Dawn").mkdir(parents=True)
    (tmp_path / "Vera" / "Dawn" / "cover.jpg").write_bytes(tracks.seed("cover.jpg"))
    return tmp_path / "Vera"


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_a_healthy_track_has_no_issue(artist: Path, suffix: str) -> None:
    shelf.put(artist / "Dawn" / f"a.{suffix}")
    assert found(artist) == []


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("title", "missing-title"),
        ("artist", "missing-artist"),
        ("album", "missing-album"),
        ("date", "missing-date"),
        ("tracknumber", "missing-track-number"),
    ],
)
def test_a_tag_that_is_not_there_is_missed(artist: Path, suffix: str, tag: str, kind: str) -> None:
    shelf.put(artist / "Dawn" / f"a.{suffix}", **{tag: None})
    shelf.put(artist / "Dawn" / f"b.{suffix}")
    (issue,) = found(artist)
    assert (issue.kind, issue.album, issue.path) == (kind, "Dawn", f"Dawn/a.{suffix}")


@pytest.mark.parametrize("blank", [" ", "\t \n", "\u200b", "\u00a0", " \u200b "])
def test_a_blank_text_is_a_missing_one_and_no_white_space_beside(artist: Path, blank: str) -> None:
    shelf.put(artist / "Dawn" / "a.flac", title=blank)
    assert kinds_of(artist) == {"missing-title": 1}


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize("genre", ["Unknown", "OTHER", "misc", "Genre", "<unknown>"])
def test_a_genre_that_stands_for_none_is_found(artist: Path, suffix: str, genre: str) -> None:
    shelf.put(artist / "Dawn" / f"a.{suffix}", genre=genre)
    (issue,) = found(artist)
    assert (issue.kind, issue.detail) == ("placeholder-genre", f'the genre is "{genre}"')


@pytest.mark.parametrize(
    "genre", ["Other Folk", "Generative", "Unknown Pleasures", "No Wave", "12"]
)
def test_a_genre_that_only_resembles_a_placeholder_is_left_alone(artist: Path, genre: str) -> None:
    shelf.put(artist / "Dawn" / "a.flac", genre=genre)
    assert found(artist) == []


def test_no_genre_at_all_is_no_placeholder(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.flac", genre=None)
    assert found(artist) == []


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize("tag", ["title", "artist", "album", "albumartist", "genre"])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        (" Low Tide", "space at the start"),
        ("Low Tide ", "space at the end"),
        ("Low  Tide", "two spaces in a row"),
        ("Low\tTide", "a tab or line break"),
        ("Low\u00a0Tide", "a no-break space"),
        ("Low\u200bTide", "a character of no width"),
    ],
)
def test_white_space_where_none_belongs_is_found(
    artist: Path, suffix: str, tag: str, text: str, what: str
) -> None:
    shelf.put(artist / "Dawn" / f"a.{suffix}", **{tag: text})
    (issue,) = found(artist)
    assert issue.kind == "whitespace"
    assert issue.detail.startswith(f'{tag} "')
    assert issue.detail.endswith(f": {what}")
    assert issue.detail.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "Où est-elle\u00a0?",
        "«\u00a0Oui\u00a0»",
        "10\u00a0000 Miles",
        "No.\u00a05",
        "月曜日\u3000灯台",
        "A - B",
        "👩\u200d🎤",
    ],
)
def test_white_space_that_belongs_is_left_alone(artist: Path, text: str) -> None:
    shelf.put(artist / "Dawn" / "a.flac", title=text)
    assert found(artist) == []


def test_a_date_of_zeros_is_none_and_an_original_date_is_enough(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.flac", date="0000")
    shelf.put(artist / "Dawn" / "b.flac", date=None, originaldate="1974")
    (issue,) = found(artist)
    assert (issue.kind, issue.path, issue.detail) == (
        "missing-date",
        "Dawn/a.flac",
        'the date is "0000"',
    )


def test_a_side_of_vinyl_is_a_track_number_and_a_total_alone_is_none(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.flac", tracknumber="A1")
    shelf.put(artist / "Dawn" / "b.mp3", tracknumber="/12")
    (issue,) = found(artist)
    assert (issue.kind, issue.path) == ("missing-track-number", "Dawn/b.mp3")


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize(
    ("content", "kind"), [(Content.NOTHING, "empty-file"), (Content.TEXT, "not-audio")]
)
def test_a_file_without_sound_gets_that_one_issue_alone(
    artist: Path, suffix: str, content: Content, kind: str
) -> None:
    shelf.put(artist / "Dawn" / f"a.{suffix}", content=content)
    (issue,) = found(artist)
    assert (issue.kind, issue.severity, issue.path) == (
        kind,
        Severity.ERROR,
        f"Dawn/a.{suffix}",
    )


def test_an_unreadable_file_gets_that_one_issue_alone(artist: Path) -> None:
    (artist / "Dawn" / "a.mp3").symlink_to("nowhere")
    (issue,) = found(artist)
    assert (issue.kind, issue.detail) == ("unreadable-file", "No such file or directory")


def remove_cover(artist: Path) -> None:
    (artist / "Dawn" / "cover.jpg").unlink()


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_an_album_without_any_picture_is_found_once(artist: Path, suffix: str) -> None:
    remove_cover(artist)
    shelf.put(artist / "Dawn" / f"a.{suffix}")
    shelf.put(artist / "Dawn" / f"b.{suffix}")
    (issue,) = found(artist)
    assert (issue.kind, issue.album, issue.path) == ("missing-cover", "Dawn", "")


def test_an_album_of_which_nothing_can_be_read_is_not_said_to_lack_a_cover(artist: Path) -> None:
    remove_cover(artist)
    shelf.put(artist / "Dawn" / "a.mp3", content=Content.NOTHING)
    assert kinds_of(artist) == {"empty-file": 1}


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_one_embedded_picture_is_a_cover(artist: Path, suffix: str) -> None:
    remove_cover(artist)
    shelf.put(artist / "Dawn" / f"a.{suffix}")
    shelf.put(artist / "Dawn" / f"b.{suffix}", picture="cover.png")
    assert found(artist) == []


@pytest.mark.parametrize("name", ["folder.JPEG", "x.png", "y.webp", "z.gif"])
def test_any_picture_file_in_the_folder_is_a_cover(artist: Path, name: str) -> None:
    remove_cover(artist)
    (artist / "Dawn" / name).write_bytes(b"x")
    shelf.put(artist / "Dawn" / "a.mp3")
    assert found(artist) == []


@pytest.mark.parametrize("name", ["empty.jpg", "cover.txt", ".hidden.jpg"])
def test_an_empty_or_hidden_picture_is_no_cover(artist: Path, name: str) -> None:
    remove_cover(artist)
    (artist / "Dawn" / name).write_bytes(b"" if name == "empty.jpg" else b"x")
    shelf.put(artist / "Dawn" / "a.mp3")
    assert kinds_of(artist) == {"missing-cover": 1}


def test_the_folders_of_discs_share_the_cover_above_them_and_albums_do_not(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "CD1" / "a.mp3")
    shelf.put(artist / "Dawn" / "Disc 02 - Live" / "a.mp3")
    shelf.put(artist / "Dawn" / "Bonus" / "a.mp3")
    (issue,) = found(artist)
    assert (issue.kind, issue.album) == ("missing-cover", "Dawn/Bonus")


def test_tracks_right_in_the_artists_folder_are_looked_at_too(artist: Path) -> None:
    shelf.put(artist / "loose.mp3", title=None)
    issues = found(artist)
    assert [(issue.kind, issue.album, issue.path) for issue in issues] == [
        ("missing-cover", "", ""),
        ("missing-title", "", "loose.mp3"),
    ]


@pytest.mark.parametrize(
    "name",
    ["CD1", "cd 12", "Disc 2", "Disk_03", "Digital Media 01", "Side A", "Vinyl 2", "Disc One - x"],
)
def test_names_of_discs_are_known(name: str) -> None:
    assert discs.is_disc(name)


@pytest.mark.parametrize(
    "name", ["Disco 2000", "CD", "Side Effects", "Discovery", "LP Album", "1984", "Disc Alpha"]
)
def test_names_that_resemble_discs_are_albums(name: str) -> None:
    assert not discs.is_disc(name)


def test_ids_outlast_a_move_of_the_library_and_tell_issues_apart(tmp_path: Path) -> None:
    for root in ("here", "there"):
        shelf.put(tmp_path / root / "Vera" / "Dawn" / "a.mp3", title=None, date=None)
        shelf.put(tmp_path / root / "Vera" / "Dusk" / "a.mp3", title=None)
    here, there = (found(tmp_path / root / "Vera") for root in ("here", "there"))
    assert here == there
    assert len({issue.id for issue in here}) == len(here) == 5
    other = diagnose.issues(scan.artist(tmp_path / "here" / "Vera"), "Anna")
    assert not {issue.id for issue in here} & {issue.id for issue in other}


def test_a_new_kind_costs_one_function_and_one_row(artist: Path) -> None:
    def crowded(whole: object) -> str | None:
        return "too many"

    row = Kind("crowded", Severity.NOTE, Scope.ARTIST, crowded, False, "Crowded.", "Share.")
    shelf.put(artist / "Dawn" / "a.mp3")
    (issue,) = diagnose.issues(scan.artist(artist), "Vera", (*KINDS, row))
    assert (issue.kind, issue.album, issue.path, issue.detail) == ("crowded", "", "", "too many")
    assert not diagnose.needs_person(issue)


def test_the_table_of_kinds_is_in_good_order() -> None:
    severities = [list(Severity).index(kind.severity) for kind in KINDS]
    assert severities == sorted(severities)
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert re.fullmatch("[a-z-]+", kind.name)
        assert kind.meaning.endswith(".")
        assert kind.cure.endswith(".")
        assert kind.check.__doc__


def test_the_page_lists_the_kinds_and_placeholders_that_the_code_knows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for table in (kinds_as_markdown, genres_as_markdown):
        assert table() in page, f"docs/issue-kinds.md must hold:\n{table()}"


def kinds_as_markdown() -> str:
    rows = [
        f"| `{kind.name}` | {kind.severity} | {kind.scope} "
        f"| {'yes' if kind.repairable else 'no'} | {kind.meaning} {kind.cure} |"
        for kind in KINDS
    ]
    head = ["| Kind | Severity | About | Can be repaired | What it means, and the cure |"]
    return "\n".join([*head, "|---|---|---|---|---|", *rows])


def genres_as_markdown() -> str:
    return " ".join(f"`{genre}`" for genre in sorted(placeholders.GENRES))


_CHECKS: tuple[Callable[..., str | None], ...] = tuple(kind.check for kind in KINDS)


def test_every_check_is_in_the_table() -> None:
    written = {
        value
        for name, value in vars(checks).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == checks.__name__
    }
    assert written == set(_CHECKS)
