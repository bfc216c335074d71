"""The tables over all movies: their rows, a user's work in them, and what is kept for them."""

from __future__ import annotations

import csv
import os
import random
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mediakeep.errors import UsageError
from mediakeep.item import Item, Status
from mediakeep.movies import diagnose
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.item import MovieItem
from mediakeep.movies.model import MovieName
from mediakeep.movies.outputs import csv_rows, csv_tables, failed_lookups_csv, movie_record
from mediakeep.movies.outputs.failed_lookups_csv import FilledChoice
from mediakeep.movies.result import MovieResult
from tests import documents
from tests.movies.accounts import account, build_open_identity, candidate, local, video
from tests.sampling import each_row

FILES = Path(__file__).parents[2] / "docs" / "movie-files.md"


class Home:
    """A home with records of movies, and a queue that knows them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.items: dict[str, Item] = {}

    def put(self, key: str, result: MovieResult | None = None, **fields: Any) -> None:
        """Do a movie, as a batch does."""
        result = result or account()
        result = structs.replace(result, local=structs.replace(result.local, key=key))
        name = fields.pop("output_name", f"m{len(self.items)}")
        if key in self.items:
            name = self.items[key].output_name
        path = self.path / movie_record.record_place(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            movie_record.render_json(result, diagnose.find_issues(result), "issues/movies/m.md")
        )
        fields = {"status": Status.COMPLETED, "output_name": name} | fields
        self.items[key] = MovieItem(**fields)

    def update(self) -> list[str]:
        return csv_tables.update_tables(self.path, self.items)

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.path / name).open(encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text))

    @property
    def scan(self) -> dict[str, dict[str, str]]:
        return {row["key"]: row for row in self.table(csv_tables.SCAN_CSV)}

    @property
    def failed(self) -> dict[str, dict[str, str]]:
        return {row["key"]: row for row in self.table(csv_tables.FAILED_LOOKUPS_CSV)}

    def fill(self, key: str, **cells: str) -> None:
        """Fill in cells by hand."""
        told = [
            {**row, **cells} if row["key"] == key else row
            for row in self.table(csv_tables.FAILED_LOOKUPS_CSV)
        ]
        with (self.path / csv_tables.FAILED_LOOKUPS_CSV).open(
            "w", encoding="utf-8", newline=""
        ) as text:
            writer = csv.DictWriter(text, list(told[0]) + [c for c in cells if c not in told[0]])
            writer.writeheader()
            writer.writerows(told)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def doubtful(**changes: Any) -> MovieResult:
    return account(identity=build_open_identity(candidate(1, 0.8), candidate(2, 0.79)), **changes)


def test_every_column_is_documented() -> None:
    assert documents.column(FILES, "## movies_library_scan.csv") == set(csv_rows.COLUMNS)
    assert documents.column(FILES, "## movies_failed_lookups.csv") == set(
        failed_lookups_csv.COLUMNS
    )


def test_a_row_has_the_columns_to_sort_movies_by(home: Home) -> None:
    home.put("a.mkv")
    assert home.update() == []
    row = home.scan["a.mkv"]
    wanted = {
        "title": "Quiet Harbour",
        "year": "1987",
        "match": "auto",
        "confidence": "0.97",
        "tmdb_id": "4711",
        "genres": "Drama; Mystery",
        "certificate": "PG",
        "runtime_minutes": "104",
        "duration_minutes": "104.0",
        "resolution": "1080p",
        "height": "800",
        "video_codec": "hevc",
        "hdr": "HDR10",
        "audio_codecs": "ac3; aac",
        "audio_languages": "eng; ger",
        "subtitle_languages": "eng",
        "nfo": "read",
        "poster": "yes",
        "decisions": "0",
        "issues": "",
    }
    assert {name: row[name] for name in wanted} == wanted


def test_a_movie_of_which_nothing_is_known_has_a_row_all_the_same(home: Home) -> None:
    bare = local(videos=(video(facts=None),), images=(), name=MovieName())
    home.put("a.mkv", MovieResult(local=bare))
    home.update()
    assert home.scan["a.mkv"]["resolution"] == ""
    assert home.scan["a.mkv"]["issues"].startswith("name-not-parsed; missing-nfo")


def test_what_has_not_changed_is_not_read_again_nor_written(home: Home) -> None:
    for number in range(5):
        home.put(f"{number}.mkv", doubtful() if number == 2 else None)
    home.update()
    stamps = {
        name: (home.path / name).stat().st_mtime_ns
        for name in (csv_tables.SCAN_CSV, csv_tables.FAILED_LOOKUPS_CSV)
    }
    before = os.stat(home.path / movie_record.record_place("m3"))
    (home.path / movie_record.record_place("m3")).write_bytes(b"x" * before.st_size)
    os.utime(
        home.path / movie_record.record_place("m3"), ns=(before.st_atime_ns, before.st_mtime_ns)
    )
    assert home.update() == []
    for name, stamp in stamps.items():
        assert (home.path / name).stat().st_mtime_ns == stamp
    os.utime(home.path / movie_record.record_place("m3"))
    assert len(home.update()) == 1  # and with another time it is read, and found to be damaged


def test_a_movie_done_again_has_its_new_row_and_the_order_is_the_queues(home: Home) -> None:
    home.put("b.mkv")
    home.put("a.mkv")
    home.update()
    home.put("b.mkv", doubtful())
    home.put("c.mkv", status=Status.SKIPPED)
    home.put("d.mkv", status=Status.PENDING)
    home.update()
    assert list(home.scan) == ["b.mkv", "a.mkv", "d.mkv"]
    assert home.scan["b.mkv"]["match"] == "review"


def test_a_random_history_gives_the_same_table_as_a_rebuild(home: Home) -> None:
    rng = random.Random(8)
    for _ in range(30):
        for _ in range(rng.randrange(4)):
            status = rng.choice([Status.COMPLETED, Status.SKIPPED, Status.PENDING])
            result = rng.choice(
                [
                    account(),
                    doubtful(),
                    account(identity=build_open_identity(sure=MatchStatus.UNMATCHED)),
                ]
            )
            home.put(f"{rng.randrange(12)}.mkv", result, status=status)
        home.update()
    times = {
        name: (home.path / name).read_bytes()
        for name in (csv_tables.SCAN_CSV, csv_tables.FAILED_LOOKUPS_CSV)
    }
    for name in (*times, "status/cache/movie_tables.db"):
        (home.path / name).unlink()
    home.update()
    assert {name: (home.path / name).read_bytes() for name in times} == times


def test_a_damaged_record_costs_its_own_row_alone(home: Home) -> None:
    for key in ("a.mkv", "b.mkv"):
        home.put(key)
    (home.path / movie_record.record_place("m0")).write_bytes(b"{")
    for _ in range(2):  # and is reported each time
        (trouble,) = home.update()
        assert "m0.json" in trouble
        assert list(home.scan) == ["b.mkv"]


@pytest.mark.parametrize("data", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_kept_may_be_lost_or_damaged(home: Home, data: bytes) -> None:
    home.put("a.mkv")
    cache = home.path / "status/cache/movie_tables.db"
    cache.parent.mkdir(parents=True)
    cache.write_bytes(data)
    assert home.update() == []
    assert list(home.scan) == ["a.mkv"]


def test_what_is_kept_may_be_damaged_anywhere(home: Home) -> None:
    for number in range(60):
        home.put(f"{number}.mkv", doubtful() if number % 2 else None)
    home.update()
    cache = home.path / "status/cache/movie_tables.db"
    table, whole = (home.path / csv_tables.SCAN_CSV).read_bytes(), cache.read_bytes()
    rng = random.Random(1)
    for _ in range(25):
        data = bytearray(whole)
        at = rng.randrange(len(data) - 64)
        data[at : at + 64] = rng.randbytes(64)
        cache.write_bytes(data)
        assert home.update() == []
        assert (home.path / csv_tables.SCAN_CSV).read_bytes() == table


def test_where_nothing_can_be_kept_the_tables_are_made_all_the_same(home: Home) -> None:
    (home.path / "status/cache/movie_tables.db").mkdir(parents=True)
    home.put("a.mkv")
    assert home.update() == []
    assert list(home.scan) == ["a.mkv"]


def test_nothing_is_made_before_there_is_a_movie(home: Home) -> None:
    assert home.update() == []
    assert not (home.path / "outputs").exists()


# Hostile texts

HOSTILE = ["=1+1", "'=1+1", "''@x", "+a", "-a", "@a", "\ta", "a\r\nb", 'a"b,c;d', "a\nb", "ü" * 300]


def test_no_cell_is_a_formula_and_every_key_comes_back(home: Home) -> None:
    for text in HOSTILE:
        result = doubtful(local=local(name=MovieName(text)))
        home.put(text, result)
    home.update()
    for name in (csv_tables.SCAN_CSV, csv_tables.FAILED_LOOKUPS_CSV):
        for row in home.table(name):
            assert not [
                cell for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t"))
            ]
    for key in home.failed:
        home.fill(key, tmdb_id="17")
    assert [
        choice.key
        for choice in failed_lookups_csv.read_choices(home.path / csv_tables.FAILED_LOOKUPS_CSV)
    ] == HOSTILE


@each_row("text", [*HOSTILE, "", "'", "'a", "''", "'='"])
def test_what_is_guarded_comes_back(text: str) -> None:
    assert failed_lookups_csv.unescape_formula(failed_lookups_csv.escape_formula(text)) == text


# A user's work


def test_the_failed_are_listed_with_reason_and_three_candidates(home: Home) -> None:
    several = [candidate(number, 0.8 - number / 100) for number in range(1, 6)]
    home.put("a.mkv", account(identity=build_open_identity(*several)))
    home.put("b.mkv", account(identity=build_open_identity(sure=MatchStatus.UNMATCHED)))
    home.put("c.mkv")
    home.update()
    assert list(home.failed) == ["a.mkv", "b.mkv"]
    row = home.failed["a.mkv"]
    assert row["candidate_3"] == "Quiet Harbour (1987), 0.77, by Ida Sølund"
    assert [row[f"candidate_{n}_tmdb_id"] for n in (1, 2, 3)] == ["1", "2", "3"]
    assert row["reason"].startswith("ambiguous-match: ")
    assert home.failed["b.mkv"]["match"] == "unmatched"
    assert (row["tmdb_id"], row["imdb_id"]) == ("", "")
    assert failed_lookups_csv.read_choices(home.path / csv_tables.FAILED_LOOKUPS_CSV) == []


def test_ids_that_were_filled_in_outlive_a_batch_until_they_are_read(home: Home) -> None:
    for key in ("a.mkv", "b.mkv", "c.mkv"):
        home.put(key, doubtful())
    home.update()
    home.fill("b.mkv", tmdb_id="603", comment="Ida's copy")
    home.fill("c.mkv", imdb_id="tt0133093")
    home.put("a.mkv")  # one is found meanwhile
    home.put("c.mkv")  # and one that was filled in
    home.put("d.mkv", doubtful())
    assert home.update() == []
    assert list(home.failed) == ["b.mkv", "d.mkv", "c.mkv"]
    assert home.failed["b.mkv"]["comment"] == "Ida's copy"
    path = home.path / csv_tables.FAILED_LOOKUPS_CSV
    assert failed_lookups_csv.read_choices(path) == [
        FilledChoice("b.mkv", 603, "", 2),
        FilledChoice("c.mkv", 0, "tt0133093", 4),
    ]
    for key in ("b.mkv", "c.mkv"):  # read: the user's choice is in the queue
        item = home.items[key]
        assert isinstance(item, MovieItem)
        home.items[key] = structs.replace(item, match="user", status=Status.PENDING)
    home.update()
    assert list(home.failed) == ["d.mkv"]
    refused = home.items["b.mkv"]  # TMDb did not know the id: it waits for a user again
    home.items["b.mkv"] = structs.replace(refused, status=Status.COMPLETED, lookup="unsure")
    home.update()
    assert list(home.failed) == ["b.mkv", "d.mkv"]


def test_the_last_one_leaves_an_empty_table(home: Home) -> None:
    home.put("a.mkv", doubtful())
    home.update()
    home.put("a.mkv")
    home.update()
    assert (home.path / csv_tables.FAILED_LOOKUPS_CSV).read_text() == ",".join(
        failed_lookups_csv.COLUMNS
    ) + "\n"


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ("key,tmdb_id,imdb_id\na,603,\n", FilledChoice("a", 603, "", 2)),
        ("\ufeffkey;tmdb_id;imdb_id\r\na;;tt0133093\r\n", FilledChoice("a", 0, "tt0133093", 2)),
        ("key\ttmdb_id\n\na\t603\n", FilledChoice("a", 603, "", 3)),
        ("imdb_id,key\ntt0133093,a", FilledChoice("a", 0, "tt0133093", 2)),
        (
            "key,tmdb_id,imdb_id\na,https://www.themoviedb.org/movie/603-the-matrix, \n",
            FilledChoice("a", 603, "", 2),
        ),
        (
            "key,tmdb_id,imdb_id\na,,https://www.imdb.com/title/tt0133093/\n",
            FilledChoice("a", 0, "tt0133093", 2),
        ),
        *(
            (f"key,tmdb_id,imdb_id\na,,{page}\n", FilledChoice("a", 0, "tt0133093", 2))
            for page in (
                "https://www.imdb.com/title/tt0133093/?ref_=nv_sr_srsg_0_tt_8_nm_0_q_matrix",
                "https://m.imdb.com/title/tt0133093/",
                "https://www.imdb.com/de/title/tt0133093/?ref_=fn_al_tt_1",
                "http://imdb.com/pt-br/title/tt0133093/reference#cast",
                "www.imdb.com/title/tt0133093",
            )
        ),
        *(
            (f"key,tmdb_id,imdb_id\na,{page},\n", FilledChoice("a", 603, "", 2))
            for page in (
                "https://www.themoviedb.org/movie/603-the-matrix?language=de-DE",
                "https://themoviedb.org/movie/603/cast",
                "https://www.themoviedb.org/de/movie/603-matrix#reviews",
                "603-the-matrix",
            )
        ),
    ],
)
def test_a_table_may_come_from_any_spreadsheet(
    tmp_path: Path, table: str, wanted: FilledChoice
) -> None:
    path = tmp_path / "failed.csv"
    path.write_text(table, encoding="utf-8", newline="")
    assert failed_lookups_csv.read_choices(path) == [wanted]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "line 1: the first row must name the columns key"),
        (b"name,tmdb_id\na,1\n", "line 1: the first row must name"),
        (b"key,title\na,b\n", "line 1: the first row must name"),
        (b"key,tmdb_id\na,1\nb,x\n", 'line 3: "x" is not a TMDb ID'),
        (b"key,tmdb_id\na,0\n", 'line 2: "0" is not a TMDb ID'),
        (b"key,tmdb_id\na,12345678901234567890\n", "is not a TMDb ID"),
        ("key,tmdb_id\na,1\u0664\n".encode(), "is not a TMDb ID"),
        (b"key,imdb_id\na,603\n", 'line 2: "603" is not an IMDb ID'),
        (b"key,imdb_id\na,https://imdb.com.example.org/title/tt0133093/\n", "is not an IMDb ID"),
        (b"key,imdb_id\na,https://www.imdb.com/name/nm0000206/\n", "is not an IMDb ID"),
        (b"key,tmdb_id\na,https://www.themoviedb.org/tv/603-x\n", "is not a TMDb ID"),
        (b"key,tmdb_id\n,603\n", "line 2: the column key is empty"),
        (b"key,tmdb_id\na,1\na,2\n", "line 3: the key is already in line 2"),
        (b'key,tmdb_id\n"a,1\n', "line 2"),
        (b"key,tmdb_id\na,1\nb\xe4,2\n", "line 3: not UTF-8"),
        (b"key,tmdb_id\n" + b"a" * 200_000 + b",1\n", "field larger than"),
        (b"key,tmdb_id\n" + b"a,x\n" * 50, "And 30 more."),
    ],
)
def test_an_error_is_reported_with_file_and_line(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "failed.csv"
    path.write_bytes(data)
    with pytest.raises(UsageError) as error:
        failed_lookups_csv.read_choices(path)
    assert text in str(error.value)
    assert str(path) in str(error.value)


def test_a_table_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"failed\.csv: No such file"):
        failed_lookups_csv.read_choices(tmp_path / "failed.csv")


def test_a_table_that_cannot_be_read_is_set_aside_not_written_over(home: Home) -> None:
    home.put("a.mkv", doubtful())
    for number in (1, 2):
        work = b"key;note\xe4;tmdb_id\na.mkv;mine;603\n%d" % number
        (home.path / csv_tables.FAILED_LOOKUPS_CSV).parent.mkdir(parents=True, exist_ok=True)
        (home.path / csv_tables.FAILED_LOOKUPS_CSV).write_bytes(work)
        (trouble,) = home.update()
        aside = home.path / f"outputs/movies_failed_lookups-aside-{number}.csv"
        assert f"It was set aside as {aside}." in trouble
        assert aside.read_bytes() == work
        assert list(home.failed) == ["a.mkv"]
