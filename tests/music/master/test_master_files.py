"""The three files of a master report: complete, valid and true to any audits."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mediakeep import atomic_writer
from mediakeep.errors import MediakeepError
from mediakeep.media.audio.model import EmbeddedPicture
from mediakeep.music import diagnose
from mediakeep.music.master import (
    audit_reader,
    cross_artist,
    music_statistics,
    report_writer,
    terminal_summary,
)
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from mediakeep.music.model import Album, Artist, ImageFile, Track, TrackFault
from mediakeep.music.reports import audit_files
from tests import documents
from tests.music.master.conftest import Report, artist, scope, track
from tests.sampling import each_row

PAGE = documents.ROOT / "docs" / "music-master-report.md"
NASTY = "=HYPERLINK(\"x\")\n</script>\0\u202e','--"


def master(home: Path) -> dict[str, Any]:
    return dict(json.loads((home / report_writer.JSON).read_bytes()))


def rows(home: Path) -> list[dict[str, str]]:
    text = (home / report_writer.CSV).read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_track_is_on_a_line_of_its_own_as_its_audit_has_it(
    report: Report, tmp_path: Path
) -> None:
    artist_ = artist("Vera", track(1, genres=("Folk", "Dub")), track(2, title=""), track(3))
    report(artist_, artist("Quarry", track(9)))
    master_data = master(tmp_path)
    told_lines = (tmp_path / report_writer.JSON).read_text().splitlines()[2:-1]
    assert [json.loads(line.rstrip(",")) for line in told_lines] == master_data["tracks"]
    source = json.loads((tmp_path / "outputs/0_audit.json").read_bytes())
    for line, track_there in zip(master_data["tracks"], source["tracks"], strict=False):
        assert line["artist"] == "Vera"
        for field in ("album", "path", "tags", "facts", "container"):
            assert line[field] == track_there[field]
    assert [line["issues"] for line in master_data["tracks"]] == [[], ["missing-title"], [], []]
    assert master_data["counts"]["tracks"] == len(master_data["tracks"]) == 4
    assert master_data["counts"]["artists"] == 2


def test_the_sheet_holds_the_rows_of_the_artists_own_sheets(report: Report, tmp_path: Path) -> None:
    artists = artist("Vera", track(1), track(2, title="")), artist("=Sum", track(3))
    report(*artists)
    wanted = []
    for artist_ in artists:
        text = audit_files.to_csv(artist_, diagnose.find_issues(artist_, artist_.name)).decode()
        own = csv.DictReader(io.StringIO(text, newline=""))
        folder = {"Vera": "Vera", "=Sum": "'=Sum"}[artist_.name]
        wanted += [{**row, "artist_folder": folder} for row in own]
    assert rows(tmp_path) == wanted
    assert tuple(wanted[0]) == report_writer.COLUMNS


def test_an_empty_library_gives_valid_files(report: Report, tmp_path: Path) -> None:
    statistics = report().statistics
    assert master(tmp_path)["tracks"] == rows(tmp_path) == []
    assert (statistics.totals.tracks, statistics.covers.tracks.percentage, statistics.formats) == (
        0,
        0.0,
        (),
    )


def test_artists_without_tracks_and_files_that_cannot_be_read_are_counted(
    report: Report, tmp_path: Path
) -> None:
    silent = Track(place="Dawn/2 a\\xE9.mp3", fault=TrackFault.EMPTY, reason="")
    report_result = report(artist("Empty"), artist("Vera", track(1), silent), artist("More"))
    totals = report_result.statistics.totals
    assert report_result.statistics.head.artists == 3
    assert (totals.albums, totals.tracks, totals.readable) == (1, 2, 1)
    assert report_result.statistics.faults == {"empty-file": 1}
    assert report_result.statistics.coverage["title"] == music_statistics.TrackShare(1, 100.0)
    assert [line["path"] for line in master(tmp_path)["tracks"]][1] == "Dawn/2 a\\xE9.mp3"
    assert [line["facts"] for line in master(tmp_path)["tracks"]][1] is None


def test_hostile_texts_come_through_as_they_are_and_do_no_harm(
    report: Report, tmp_path: Path
) -> None:
    fields = ("title", "artist", "albumartist", "album", "genres", "date")
    hostile = dict.fromkeys(fields, NASTY)
    report_result = report(
        artist(NASTY, track(1, **hostile, name="a.mp3")), artist("B", track(1, **hostile))
    )
    assert master(tmp_path)["tracks"][0]["tags"]["title"] == [NASTY]
    assert all(
        not cell.startswith(("=", "+", "-", "@")) for row in rows(tmp_path) for cell in row.values()
    )
    shown = "\n".join(terminal_summary.format_statistics(report_result.statistics))
    assert "\0" not in shown
    assert "\u202e" not in shown
    assert len(terminal_summary.format_statistics(report_result.statistics)) <= 35


def test_albums_are_counted_by_how_sure_it_is_which_release_they_are(report: Report) -> None:
    matches = {"Dawn": AlbumMatch(place="Dawn", confidence=MatchConfidence.UNKNOWN)}
    some = [structs.replace(artist(name, track(1)), matches=matches) for name in ("Vera", "Quarry")]
    report_result = report(*some, artist("Empty"))
    assert report_result.statistics.matches == {"certain": 0, "tied": 0, "unsure": 0, "unknown": 2}
    line = "  albums at MusicBrainz: 2 unknown"
    assert line in list(terminal_summary.format_statistics(report_result.statistics))
    none = report(artist("Vera", track(1))).statistics
    assert set(none.matches.values()) == {0}
    assert not any("MusicBrainz:" in line for line in terminal_summary.format_statistics(none))


def test_every_value_is_counted_once(report: Report) -> None:
    fields = [{"date": year} for year in ("1974", "1979-03-01", "in 1981", "74", "")]
    tracks = [track(at, name=f"{at}.mp3", **one) for at, one in enumerate(fields, 1)]
    rates = (64_000, 64_999, 127_999, 128_000, 999_000)
    tracks = [
        structs.replace(one, facts=structs.replace(one.facts, bitrate=rate))
        for one, rate in zip(tracks, rates, strict=True)
        if one.facts
    ]
    statistics = report(artist("Vera", *tracks)).statistics
    assert statistics.years == {"1974": 1, "1979": 1, "1981": 1}
    assert statistics.decades == {"1970s": 2, "1980s": 1}
    (mp3,) = statistics.formats
    assert mp3.bands == {"64-95": 2, "96-127": 1, "128-159": 1, "320 and more": 1}
    assert (mp3.lowest, mp3.median, mp3.highest) == (64, 127, 999)
    assert statistics.coverage["date"] == music_statistics.TrackShare(4, 80.0)
    assert statistics.genres.tracks == {"Folk": 5}


@pytest.mark.parametrize(
    ("date", "year"),
    [
        ("19920922", "1992"),
        ("19921300", ""),
        ("19920945", ""),
        ("199209", ""),
        ("1992092212", ""),
        ("1992-09-22", "1992"),
        ("1992.09", "1992"),
    ],
)
def test_the_year_is_read_from_a_date_without_hyphens(report: Report, date: str, year: str) -> None:
    statistics = report(artist("Vera", track(1, date=date))).statistics
    assert list(statistics.years) == [year] * bool(year)


def test_the_median_of_an_even_number_is_the_lower_of_the_middle_two(report: Report) -> None:
    tracks = []
    for at, rate in enumerate((320_000, 96_000, 128_000, 64_000)):
        track_ = track(at, name=f"{at}.mp3")
        assert track_.facts
        tracks.append(structs.replace(track_, facts=structs.replace(track_.facts, bitrate=rate)))
    (mp3,) = report(artist("Vera", *tracks)).statistics.formats
    assert mp3.median == 96


def test_covers_are_counted_by_where_they_are(report: Report) -> None:
    image = ImageFile(place="x/cover.jpg", size=9, mime="image/jpeg")
    text = ImageFile(place="x/cover.jpg", size=9)
    held = (EmbeddedPicture(type=3, mime="image/png", size=9, seen="image/png"),)
    false = (EmbeddedPicture(type=3, mime="image/png", size=9),)
    cases = [
        ((held, held), (), "embedded"),
        ((held, held), (image,), "embedded_and_folder"),
        ((held, ()), (), "some_embedded"),
        ((held, ()), (image,), "folder"),
        (((), ()), (image,), "folder"),
        ((false, ()), (text,), "none"),
    ]
    albums = [
        Album(
            place=str(at),
            tracks=tuple(track(n, pictures=one, name=f"{n}.mp3") for n, one in enumerate(some)),
            images=images,
        )
        for at, (some, images, _) in enumerate(cases)
    ]
    artist_ = Artist(name="Vera", path="/music/Vera", albums=tuple(albums), fingerprint="")
    covers = report(artist_).statistics.covers
    wanted = [where for *_, where in cases]
    assert covers.albums == {where: wanted.count(where) for where in covers.albums}
    assert sum(covers.albums.values()) == len(cases)
    assert covers.tracks.tracks == 6


@pytest.mark.parametrize(
    "name",
    [
        "TXXX:REPLAYGAIN_TRACK_GAIN",
        "replaygain_album_gain",
        "----:com.apple.itunes:replaygain_track_gain",
        "r128_track_gain",
        "RVA2:track",
    ],
)
def test_replaygain_is_found_under_the_name_that_each_format_gives_it(
    report: Report, name: str
) -> None:
    one = structs.replace(track(1), raw={name: ["-3 dB"]})
    other = structs.replace(track(2), raw={"TXXX:REPLAYGAIN_REFERENCE_LOUDNESS": ["89 dB"]})
    coverage = report(artist("Vera", one, other)).statistics.coverage["replaygain"]
    assert coverage == music_statistics.TrackShare(1, 50.0)


def test_an_audit_that_is_gone_or_damaged_is_named_and_the_rest_is_written(
    report: Report, tmp_path: Path
) -> None:
    report(*(artist(name, track(1)) for name in "ABCDE"))
    outputs = tmp_path / "outputs"
    (outputs / "0_audit.json").unlink()
    content = (outputs / "1_audit.json").read_bytes()
    (outputs / "1_audit.json").write_bytes(content[: len(content) // 2])
    (outputs / "2_audit.json").write_bytes(content.replace(b'"format": 2', b'"format": 99'))
    (outputs / "3_audit.json").write_bytes(content.replace(b"4800000", b"9" * 30))
    result = report_writer.write_report(scope(tmp_path, list("ABCDE")), 9)
    assert result.statistics.head.unread == tuple("ABCD")
    assert [str(outputs / f"{at}_audit.json") in why for at, why in enumerate(result.failures)] == [
        True
    ] * 4
    assert [line["artist"] for line in master(tmp_path)["tracks"]] == ["E"]


def test_an_audit_of_the_first_format_is_read(report: Report, tmp_path: Path) -> None:
    report(artist("Vera", track(1)))
    path = tmp_path / "outputs/0_audit.json"
    old = json.loads(path.read_bytes())
    old["format"] = 1
    old["albums"][0]["images"] = ["Dawn/cover.jpg"]
    for one in old["tracks"]:
        del one["container"], one["others"], one["raw"]
    path.write_text(json.dumps(old))
    assert audit_reader.read_audit(path).albums[0].has_picture


@each_row("content", [b"", b"[" * 100_000, b"\xff\xfe", b'{"format": 2}', b"null"])
def test_no_bytes_in_place_of_an_audit_raise_any_other_error(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(MediakeepError, match=r"a\.json"):
        audit_reader.read_audit(tmp_path / "a.json")


def test_a_failure_leaves_the_old_files_and_no_drafts(tmp_path: Path) -> None:
    paths = [tmp_path / "a.json", tmp_path / "b.csv"]
    for path in paths:
        path.write_bytes(b"old")

    def write_half() -> None:
        with atomic_writer.replace_files(*paths) as (first, _):
            first.write(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert sorted(tmp_path.iterdir()) == paths
    assert [path.read_bytes() for path in paths] == [b"old", b"old"]


def test_sums_beyond_the_integer_range_are_reported(report: Report) -> None:
    track_ = track(1)
    assert track_.facts
    huge = structs.replace(track_, facts=structs.replace(track_.facts, size=2**53 - 1))
    names = [structs.replace(huge, place=f"Dawn/{at}.mp3") for at in range(1100)]
    totals = report(artist("Vera", *names), artist("Quarry", *names)).statistics.totals
    assert totals.bytes == pytest.approx(2200 * 2**53)


def test_no_room_for_what_is_compared_leaves_the_old_files(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(artist("Vera", track(1)))
    old = (tmp_path / report_writer.JSON).read_bytes()
    # A disk that is full for SQLite's nameless file alone cannot be had in a test.
    tables = cross_artist._TABLES + "PRAGMA max_page_count = 12;"
    monkeypatch.setattr(cross_artist, "_TABLES", tables)
    many = [track(1, title=f"Song {n}" * 20, name=f"{n}.mp3") for n in range(500)]
    with pytest.raises(MediakeepError, match="TMPDIR"):
        report(artist("Vera", *many))
    assert (tmp_path / report_writer.JSON).read_bytes() == old
    assert not list((tmp_path / "outputs").glob(".*"))


def test_many_values_are_counted_in_the_database_as_in_memory(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    artists = [artist(f"A{n}", track(1, genres=f"G{n % 7}", date=str(1950 + n))) for n in range(40)]
    whole = report(*artists).statistics
    monkeypatch.setattr("mediakeep.music.master.counters._ROOM", 3)
    assert report(*artists).statistics == whole
    assert whole.genres.distinct == 7
    assert report(*artists, limit=2).statistics.genres.tracks == {"G0": 6, "G1": 6}


def test_the_page_shows_every_field() -> None:
    head = set(report_writer.MasterCounts.__struct_fields__) | {
        "format",
        "written",
        "library",
        "counts",
        "tracks",
    }
    assert (
        documents.column(PAGE, "## All tracks") | set(report_writer.MasterCounts.__struct_fields__)
        == head
    )
    assert documents.column(PAGE, "### A line") == set(
        report_writer.MasterTrackLine.__struct_fields__
    )
    column = documents.column(PAGE, "## The statistics")
    assert column == set(music_statistics.MusicStatistics.__struct_fields__)
    for one in (
        music_statistics.StatisticsScope,
        music_statistics.MusicTotals,
        music_statistics.FormatStatistics,
    ):
        assert all(f"`{field}`" in PAGE.read_text() for field in one.__struct_fields__)
