"""A diagnosis finds exactly the issues that exist, in order, with stable ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.issue import Issue, Severity, count_by_kind
from mediakeep.music import diagnose, scan
from mediakeep.music.issue_kinds import ISSUE_KINDS, MusicIssueKind, MusicIssueScope
from mediakeep.music.model import Album, Artist
from mediakeep.music.text import disc_folders
from mediakeep_samples.music import track_files
from mediakeep_samples.music.track_files import TrackContent
from tests.music import shelf
from tests.sampling import each_row

IN_THE_FOLDER = "external-cover-not-embedded"  # as the cover of each album here is


def find_all_issues(artist: Path) -> list[Issue]:
    return diagnose.find_issues(scan.read_artist(artist), "Vera")


def find_issues(artist: Path) -> list[Issue]:
    """Give the issues but for the note that the cover is in the folder, which is always there."""
    return [issue for issue in find_all_issues(artist) if issue.kind != IN_THE_FOLDER]


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    """An artist's folder with a cover in its one album, and no track yet."""
    (tmp_path / "Vera" / "Dawn").mkdir(parents=True)
    (tmp_path / "Vera" / "Dawn" / "cover.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))
    return tmp_path / "Vera"


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_a_healthy_album_has_no_issue_but_a_note_of_its_cover(artist: Path, suffix: str) -> None:
    shelf.put_album(artist / "Dawn", "One", "Two", "Three", "Four", suffix=suffix)
    (issue,) = find_all_issues(artist)
    assert (issue.kind, issue.severity, issue.album, issue.path, issue.detail) == (
        IN_THE_FOLDER,
        Severity.NOTE,
        "Dawn",
        "",
        '"cover.jpg"',
    )


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_a_healthy_album_with_its_cover_in_the_tracks_has_none_at_all(
    artist: Path, suffix: str
) -> None:
    for number, title in enumerate(("One", "Two", "Three"), 1):
        name = f"{number:02} {title}.{suffix}"
        tags = {"title": title, "tracknumber": f"{number}/3"}
        shelf.put(artist / "Dusk" / name, picture="cover.jpg", **tags)
    assert find_all_issues(artist) == []


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize("tag", ["title", "artist", "album", "albumartist", "genre"])
def test_white_space_where_none_belongs_is_found(artist: Path, suffix: str, tag: str) -> None:
    for text, what in WHITE.items():
        shelf.put(artist / "Dawn" / f"a.{suffix}", **{tag: text})
        (issue,) = find_issues(artist)
        assert issue.kind == "whitespace"
        assert issue.detail.startswith(f'{tag} "')
        assert issue.detail.endswith(f": {what}")
        assert issue.detail.isprintable()


WHITE = {
    " Low Tide": "space at the start",
    "Low Tide ": "space at the end",
    "Low  Tide": "two spaces in a row",
    "Low\tTide": "a tab or line break",
    "Low\u00a0Tide": "a no-break space",
    "Low\u200bTide": "a zero-width character",
}


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
    assert find_issues(artist) == []


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize(
    ("content", "kind"), [(TrackContent.NOTHING, "empty-file"), (TrackContent.TEXT, "not-audio")]
)
def test_a_file_without_sound_gets_that_one_issue_alone(
    artist: Path, suffix: str, content: TrackContent, kind: str
) -> None:
    shelf.put(artist / "Dawn" / f"a.{suffix}", content=content)
    (issue,) = find_all_issues(artist)
    assert (issue.kind, issue.severity, issue.path) == (
        kind,
        Severity.ERROR,
        f"Dawn/a.{suffix}",
    )


def test_several_causes_of_one_kind_on_a_track_are_one_issue(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.mp3", title=" Low Tide", artist="Vera ", albumartist="Vera")
    (issue,) = find_issues(artist)
    assert issue.detail == (
        'title " Low Tide": space at the start; artist "Vera ": space at the end'
    )


def test_tracks_right_in_the_artists_folder_are_no_album_but_looked_at(artist: Path) -> None:
    shelf.put(artist / "loose.mp3", title=None)
    shelf.put(artist / "other.ogg", album="Dusk", date="1999", genre="Noise", tracknumber="99")
    assert [(issue.kind, issue.album, issue.path) for issue in find_all_issues(artist)] == [
        ("missing-title", "", "loose.mp3")
    ]


@each_row(
    "name",
    [
        *("CD1", "cd 12", "Disc 2", "Disk_03", "Digital Media 01", "Side A", "Vinyl 2", "LP 1"),
        *("Disc One - x", "CD 1of2", "SACD 1", "DVD-2", "Blu-ray 1", "Bluray 2", "Cassette IV"),
    ],
)
def test_names_of_discs_are_known(name: str) -> None:
    assert disc_folders.is_disc_folder(name)
    assert disc_folders.album_folder(f"Dawn/{name}") == "Dawn"
    assert disc_folders.album_folder(f"Dawn/{name}/Disc 1") == "Dawn"
    assert disc_folders.album_folder(name) == name
    assert disc_folders.album_folder(f"{name}/Disc 1") == name


@each_row(
    "name",
    [
        *("Disco 2000", "CD", "Side Effects", "Discovery", "LP Album", "1984", "Disc Alpha"),
        *("Vinyl Mix", "Cassettes", "DVD Audio", "A Side", "cdrom"),
    ],
)
def test_names_that_resemble_discs_are_albums(name: str) -> None:
    assert not disc_folders.is_disc_folder(name)
    assert disc_folders.album_folder(f"Dawn/{name}") == f"Dawn/{name}"


def test_issues_follow_the_disk_and_on_one_track_the_table(artist: Path) -> None:
    shelf.put(artist / "Dusk" / "b.mp3", title=None, date=None, genre="Other")
    shelf.put(artist / "Dusk" / "a.mp3", title=None, tracknumber="2")
    shelf.put(artist / "Dawn" / "a.mp3", artist=None, title=" x")
    shelf.put(artist / "loose.mp3", artist="Velvet harbour")
    issues = [(issue.kind, issue.path or issue.album) for issue in find_all_issues(artist)]
    assert issues == [
        ("artist-variation", ""),
        (IN_THE_FOLDER, "Dawn"),
        ("missing-artist", "Dawn/a.mp3"),
        ("whitespace", "Dawn/a.mp3"),
        ("missing-cover", "Dusk"),
        ("missing-title", "Dusk/a.mp3"),
        ("missing-title", "Dusk/b.mp3"),
        ("missing-date", "Dusk/b.mp3"),
        ("placeholder-genre", "Dusk/b.mp3"),
    ]


def test_ids_survive_a_move_of_the_library_and_distinguish_issues(tmp_path: Path) -> None:
    for root in ("here", "there"):
        shelf.put(tmp_path / root / "Vera" / "Dawn" / "a.mp3", title=None, date=None)
        shelf.put(tmp_path / root / "Vera" / "Dusk" / "a.mp3", title=None)
    here, there = (find_all_issues(tmp_path / root / "Vera") for root in ("here", "there"))
    assert here == there
    assert len({issue.id for issue in here}) == len(here) == 5
    other = diagnose.find_issues(scan.read_artist(tmp_path / "here" / "Vera"), "Anna")
    assert not {issue.id for issue in here} & {issue.id for issue in other}


@pytest.mark.parametrize("scope", MusicIssueScope)
def test_a_new_kind_costs_one_function_and_one_row(artist: Path, scope: MusicIssueScope) -> None:
    shown: list[object] = []

    def crowded(subject: object) -> str | None:
        shown.append(subject)
        return "too many"

    row = MusicIssueKind("crowded", Severity.NOTE, scope, crowded, False, "Crowded.", "Share.")
    shelf.put(artist / "Dawn" / "a.mp3")
    whole = scan.read_artist(artist)
    issues = diagnose.find_issues(whole, "Vera", (*ISSUE_KINDS, row))
    (issue,) = [issue for issue in issues if issue.kind == "crowded"]
    places = {
        MusicIssueScope.TRACK: ("Dawn", "Dawn/a.mp3"),
        MusicIssueScope.ALBUM: ("Dawn", ""),
        MusicIssueScope.ARTIST: ("", ""),
    }
    assert (issue.kind, issue.album, issue.path, issue.detail) == (
        "crowded",
        *places[scope],
        "too many",
    )
    assert shown[0] in (whole, *whole.albums, *whole.tracks)
    assert not diagnose.needs_decision(issue)


def test_a_wider_view_shows_the_details_of_all_places(artist: Path) -> None:
    def longest(whole: Artist) -> dict[str, str]:
        return {track.place: "longest" for track in whole.tracks if "b" in track.name}

    def first(album: Album) -> dict[str, str]:
        return {album.tracks[0].place: "first"}

    texts = (False, "Odd.", "Look.")
    rows = (
        MusicIssueKind(
            "longest",
            Severity.NOTE,
            MusicIssueScope.TRACK,
            longest,
            *texts,
            view=MusicIssueScope.ARTIST,
        ),
        MusicIssueKind(
            "first",
            Severity.ERROR,
            MusicIssueScope.TRACK,
            first,
            *texts,
            view=MusicIssueScope.ALBUM,
        ),
    )
    for place in ("Dawn/a.mp3", "Dawn/b.mp3", "b.mp3"):
        shelf.put(artist / place)
    issues = diagnose.find_issues(scan.read_artist(artist), "Vera", rows)
    assert [(issue.kind, issue.album, issue.path) for issue in issues] == [
        ("longest", "", "b.mp3"),
        ("first", "", "b.mp3"),
        ("first", "Dawn", "Dawn/a.mp3"),
        ("longest", "Dawn", "Dawn/b.mp3"),
    ]
    assert count_by_kind(issues) == {"first": 2, "longest": 2}
    assert [diagnose.needs_decision(issue) for issue in issues] == [False, True, True, False]
