"""A library of movies as it is on the disk: which files are one movie, and what is next to."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from mediakeep import path_text
from mediakeep.errors import LibraryMissing, Unreadable
from mediakeep.media import folder_listing
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.scan import library_scan
from mediakeep_samples.music import track_files
from tests.sampling import each_row

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000000c49444154789c6360c00600000f0001d1c9d0a70000000049454e44ae426082"
)


def put(root: Path, *places: str) -> None:
    for place in places:
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG if path.suffix in (".jpg", ".png") else b"x")


def keys(root: Path) -> dict[str, int]:
    return {movie.key: movie.fields["file_count"] for movie in library_scan.find_movies(root)}


def read(root: Path, key: str) -> LocalMovie:
    movies = next(movie for movie in library_scan.find_movies(root) if movie.key == key)
    movie = library_scan.read_movie(Path(path_text.unescape_path(movies.path)), key, root)
    assert movie.fingerprint == movies.fingerprint
    return movie


def places(movie: LocalMovie) -> list[str]:
    return [video.place for video in movie.videos]


# What is at one path


def test_a_path_is_the_movie_that_a_scan_of_what_it_is_in_finds(tmp_path: Path) -> None:
    put(
        tmp_path, "Heat.mkv", "Heat.nfo", "Alien-cd1.avi", "Alien-cd2.avi", "Own/a.mkv", "Own/a.srt"
    )
    put(tmp_path, "Disc/VIDEO_TS/VTS_01_1.VOB", "Parts/CD1/x.mkv", "Parts/CD2/x.mkv")
    listed = {movie.key: movie for movie in library_scan.find_movies(tmp_path)}
    assert len(listed) == 5
    for key, found in listed.items():
        assert list(library_scan.find_movies_at(tmp_path / key)) == [found]


def test_a_path_that_is_no_movie_has_those_in_it(tmp_path: Path) -> None:
    put(tmp_path, "Shelf/Heat.mkv", "Shelf/Alien.mkv", "Shelf/Own/a.mkv", "notes.txt")
    keys = [movie.key for movie in library_scan.find_movies_at(tmp_path / "Shelf")]
    assert keys == ["Alien.mkv", "Heat.mkv", "Own"]
    assert not list(library_scan.find_movies_at(tmp_path / "notes.txt"))


def test_folders_around_a_path_are_not_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "Heat.mkv", "Own/a.mkv", "Other/b.mkv")
    walked, walk = [], folder_listing.walk_tree
    # A spy: that a user's whole home is walked for one file shows in nothing but the time.
    monkeypatch.setattr(
        folder_listing, "walk_tree", lambda *given: walked.append(given[0]) or walk(*given)
    )
    assert [movie.key for movie in library_scan.find_movies_at(tmp_path / "Heat.mkv")] == [
        "Heat.mkv"
    ]
    assert [movie.key for movie in library_scan.find_movies_at(tmp_path / "Own")] == ["Own"]
    assert walked == [tmp_path / "Own"]


# What is one movie


def test_each_video_right_in_the_library_is_a_movie(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995).mkv", "Alien (1979).MP4", "notes.txt", "Alien.nfo", "Brazil.iso")
    assert keys(tmp_path) == {"Alien (1979).MP4": 1, "Brazil.iso": 1, "Heat (1995).mkv": 1}
    movie = read(tmp_path, "Heat (1995).mkv")
    assert (movie.root, movie.base, movie.own_folder) == (str(tmp_path), "Heat (1995)", False)
    assert movie.path == str(tmp_path / "Heat (1995).mkv")
    assert (movie.name.title, movie.name.year) == ("Heat", 1995)


def test_a_folder_with_one_movie_is_its_own(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995)/heat.mkv", "A/B/Alien (1979)/movie.mkv")
    assert keys(tmp_path) == {"A/B/Alien (1979)": 1, "Heat (1995)": 1}
    movie = read(tmp_path, "A/B/Alien (1979)")
    assert (movie.base, movie.own_folder, places(movie)) == ("movie", True, ["movie.mkv"])
    assert (movie.name.title, movie.name.year, movie.name.source) == ("Alien", 1979, "folder")


def test_in_a_folder_with_several_movies_each_is_one(tmp_path: Path) -> None:
    put(tmp_path, "Noir/Heat (1995).mkv", "Noir/Alien (1979).mkv", "Noir/Brazil (1985)/b.mkv")
    put(tmp_path, "Lone/Heat (1995).mkv", "Lone/More/Alien (1979)/a.mkv")
    assert list(keys(tmp_path)) == [
        "Lone/Heat (1995).mkv", "Lone/More/Alien (1979)", "Noir/Alien (1979).mkv",
        "Noir/Brazil (1985)", "Noir/Heat (1995).mkv",
    ]  # fmt: skip
    assert read(tmp_path, "Noir/Heat (1995).mkv").root == str(tmp_path / "Noir")


def test_a_folder_of_several_may_be_named_for_one_of_them(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995)/heat.mkv", "Heat (1995)/prologue.mkv")
    name = read(tmp_path, "Heat (1995)/heat.mkv").name
    assert (name.title, name.year) == ("Heat", 1995)
    name = read(tmp_path, "Heat (1995)/prologue.mkv").name
    assert (name.title, name.year, name.others) == ("prologue", 0, ())


@each_row(
    ("folder", "names", "versions"),
    [
        ("Heat (1995)", ["Heat (1995) - 1080p.mkv", "Heat (1995) - 4K.mkv"], ["1080p", "4K"]),
        ("Heat (1995)", ["Heat (1995).mkv", "Heat (1995) [720p].mkv"], ["720p", ""]),
        ("Heat (1995) {tmdb-1}", ["Heat.1995.720p.mkv", "Heat.1995.4K.mkv"], ["4K", "720p"]),
        ("Heat", ["Heat - Director's Cut.mkv", "Heat.mkv"], ["Director's Cut", ""]),
        ("Heat", ["Heat.mkv", "Heat.mp4"], ["mkv", "mp4"]),
    ],
)
def test_versions_that_are_named_for_their_folder_are_one_movie(
    tmp_path: Path, folder: str, names: list[str], versions: list[str]
) -> None:
    put(tmp_path, *(f"{folder}/{name}" for name in names))
    assert keys(tmp_path) == {folder: 2}
    assert [video.version for video in read(tmp_path, folder).videos] == versions


def test_movies_that_only_begin_alike_are_no_versions(tmp_path: Path) -> None:
    put(tmp_path, "Alien/Alien.mkv", "Alien/Aliens.mkv", "Alien/Alien 3.mkv")
    put(tmp_path, "Heat/Heat - 1986.mkv", "Heat/Heat - 1995.mkv")
    assert len(keys(tmp_path)) == 5


def test_sequels_with_a_dash_in_a_folder_without_a_year_are_no_versions(tmp_path: Path) -> None:
    put(tmp_path, "Dawn/Dawn.mkv", "Dawn/Dawn - The Return.mkv", "Dusk/Dusk - 1080p.mkv")
    put(tmp_path, "Dusk/Dusk - Director's Cut.mkv")
    assert list(keys(tmp_path)) == ["Dawn/Dawn - The Return.mkv", "Dawn/Dawn.mkv", "Dusk"]


def test_a_documentary_is_an_extra_only_next_to_its_movie(tmp_path: Path) -> None:
    put(tmp_path, "Dawn (2010)/Dawn (2010).mkv", "Dawn (2010)/Dawn (2010) - Making of.mkv")
    put(tmp_path, "Dawn (2010)/Bonus/a.mkv", "Dusk (2011) - Interview.mkv")
    assert list(keys(tmp_path)) == ["Dawn (2010)", "Dusk (2011) - Interview.mkv"]
    movie = read(tmp_path, "Dawn (2010)")
    assert set(movie.extras) == {"Bonus/a.mkv", "Dawn (2010) - Making of.mkv"}
    assert [video.place for video in movie.videos] == ["Dawn (2010).mkv"]


def test_editions_are_reported_each_version(tmp_path: Path) -> None:
    put(tmp_path, "Brazil (1985)/Brazil (1985) - Director's Cut.mkv")
    put(tmp_path, "Brazil (1985)/Brazil (1985) {edition-Love Conquers All}.mkv")
    movie = read(tmp_path, "Brazil (1985)")
    assert [video.edition for video in movie.videos] == ["Director's Cut", "Love Conquers All"]
    assert movie.name.edition == ""


def test_the_same_name_in_two_formats_is_one_movie_anywhere(tmp_path: Path) -> None:
    put(tmp_path, "Heat.mkv", "Heat.mp4", "Alien.mkv")
    assert keys(tmp_path) == {"Alien.mkv": 1, "Heat.mkv": 2}


def test_parts_are_one_movie(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995) cd2.avi", "Heat (1995) cd1.avi", "Heat (1995).srt", "Alien.mkv")
    put(tmp_path, "Brazil/Brazil part 1.mkv", "Brazil/Brazil part 2.mkv")
    put(tmp_path, "Ran (1985)/CD1/a.avi", "Ran (1985)/CD2/b.avi", "Ran (1985)/poster.jpg")
    assert keys(tmp_path) == {
        "Alien.mkv": 1, "Brazil": 2, "Heat (1995) cd1.avi": 2, "Ran (1985)": 2,
    }  # fmt: skip
    movie = read(tmp_path, "Heat (1995) cd1.avi")
    assert [video.part for video in movie.videos] == [1, 2]
    assert (movie.base, len(movie.subtitles)) == ("Heat (1995)", 1)
    assert read(tmp_path, "Brazil").base == "Brazil"
    movie = read(tmp_path, "Ran (1985)")
    assert places(movie) == ["CD1/a.avi", "CD2/b.avi"]
    assert [video.part for video in movie.videos] == [1, 2]
    assert (movie.base, movie.name.title, len(movie.images)) == ("Ran (1985)", "Ran", 1)


def test_sequels_are_no_parts(tmp_path: Path) -> None:
    put(tmp_path, "Dune Part 1.mkv", "Dune Part 2.mkv", "Heat.mkv")
    assert len(keys(tmp_path)) == 3
    assert read(tmp_path, "Dune Part 2.mkv").base == "Dune Part 2"


def test_a_copy_of_a_disc_is_one_movie(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995)/VIDEO_TS/VIDEO_TS.IFO", "Heat (1995)/VIDEO_TS/VTS_01_1.VOB")
    put(tmp_path, "Heat (1995)/VIDEO_TS/VTS_01_2.VOB", "Heat (1995)/VIDEO_TS/VIDEO_TS.nfo")
    put(tmp_path, "Alien/BDMV/index.bdmv", "Alien/BDMV/STREAM/00800.m2ts", "Alien/BDMV/index.nfo")
    put(tmp_path, "Alien/extras/x.mkv", "Brazil (1985)/VIDEO_TS.IFO", "Brazil (1985)/VTS_01_1.VOB")
    put(tmp_path, "Ran/Disc 1/VIDEO_TS/V.VOB", "Ran/Disc 2/VIDEO_TS/V.VOB", "VIDEO_TS/V.VOB")
    assert list(keys(tmp_path)) == ["Alien", "Brazil (1985)", "Heat (1995)", "Ran", "VIDEO_TS"]
    movie = read(tmp_path, "Heat (1995)")
    assert (movie.disc, movie.base, movie.videos) == ("dvd", "Heat (1995)", ())
    assert (movie.name.title, movie.nfos) == ("Heat", ("VIDEO_TS/VIDEO_TS.nfo",))
    movie = read(tmp_path, "Alien")
    assert (movie.disc, movie.nfos) == ("bluray", ("BDMV/index.nfo",))
    assert movie.extras == ("extras/x.mkv",)
    for key in ("Brazil (1985)", "VIDEO_TS"):
        movie = read(tmp_path, key)
        assert (movie.disc, movie.videos, movie.extras) == ("dvd", (), ())
    assert keys(tmp_path)["Heat (1995)"] == 1


# Extras, samples, and what is nobody's


@each_row(
    "folder",
    ["trailers", "Behind The Scenes", "deleted scenes", "interviews", "scenes", "shorts",
     "featurettes", "clips", "other", "extras", "extra", "backdrops", "theme-music"],
)  # fmt: skip
def test_folders_of_extras_are_their_movies(tmp_path: Path, folder: str) -> None:
    put(tmp_path, "Heat/Heat.mkv", f"Heat/{folder}/one.mkv", f"Heat/{folder}/deep/two.mkv")
    assert keys(tmp_path) == {"Heat": 1}
    movie = read(tmp_path, "Heat")
    assert set(movie.extras) == {f"{folder}/one.mkv", f"{folder}/deep/two.mkv"}
    assert library_scan.find_unassigned_files(tmp_path)[0] == ()


def test_extras_are_recognized_by_their_names(tmp_path: Path) -> None:
    kinds = ["-trailer", ".trailer", "_trailer", " trailer", "-scene", "-clip", "-interview",
             "-behindthescenes", "-deleted", "-deletedscene", "-featurette", "-short", "-other",
             "-extra", "-trailer2"]  # fmt: skip
    put(tmp_path, "Heat.mkv", "Alien.mkv", *(f"Heat{kind}.mkv" for kind in kinds))
    put(tmp_path, "Heat-sample.mkv", "sample.mkv", "Gone-trailer.mkv", "trailer.mp4")
    assert keys(tmp_path) == {"Alien.mkv": 1, "Heat.mkv": 1}
    movie = read(tmp_path, "Heat.mkv")
    assert set(movie.extras) == {f"Heat{kind}.mkv" for kind in kinds}
    assert movie.samples == ("Heat-sample.mkv",)
    assert library_scan.find_unassigned_files(tmp_path)[0] == (
        "Gone-trailer.mkv",
        "sample.mkv",
        "trailer.mp4",
    )


@each_row("name", ["Making of", "making.of 2", "Behind the Scenes", "Featurette", "Deleted scenes"])
def test_an_extra_without_the_name_of_its_movie_is_no_movie(tmp_path: Path, name: str) -> None:
    put(tmp_path, "Heat (1995)/Heat.mkv", f"Heat (1995)/{name}.mkv", f"Alien/{name}.mkv")
    put(tmp_path, f"{name} (2023)/{name}.mkv", f"{name} Jaws.mkv")
    assert keys(tmp_path) == {"Heat (1995)": 1, f"{name} (2023)": 1, f"{name} Jaws.mkv": 1}
    assert read(tmp_path, "Heat (1995)").extras == (f"{name}.mkv",)
    assert library_scan.find_unassigned_files(tmp_path)[0] == (f"Alien/{name}.mkv",)


def test_links_to_streams_are_named_as_skipped(tmp_path: Path) -> None:
    put(tmp_path, "Heat.mkv", "Alien (1979)/Alien (1979).strm", "Duel.STRM")
    assert keys(tmp_path) == {"Heat.mkv": 1}
    assert library_scan.find_unassigned_files(tmp_path) == (
        ("Alien (1979)/Alien (1979).strm", "Duel.STRM"),
        (),
    )


def test_a_movie_that_is_named_like_an_extra_is_none(tmp_path: Path) -> None:
    put(tmp_path, "The.Big.Short.mkv", "The-Other.mkv", "The Interview.mkv", "Shorts/Duel.mkv")
    assert len(keys(tmp_path)) == 4
    assert library_scan.find_unassigned_files(tmp_path)[0] == ()


def test_a_movie_may_be_called_sample_or_trailer_if_its_folder_says_so_with_a_year(
    tmp_path: Path,
) -> None:
    put(tmp_path, "The DNA Sample (2014)/The DNA Sample.mkv", "Trailer (2010)/trailer.mkv")
    put(tmp_path, "Sample This (2012)/Sample This (2012).mkv", "Heat (1995) Sample/heat-sample.mkv")
    put(tmp_path, "Heat (1995)/Heat (1995) trailer.mkv", "The DNA Sample.mkv", "Sample/one.mkv")
    assert set(keys(tmp_path)) == {
        "Sample This (2012)", "The DNA Sample (2014)", "Trailer (2010)"
    }  # fmt: skip
    movie = read(tmp_path, "The DNA Sample (2014)")
    assert ([video.place for video in movie.videos], movie.name.title) == (
        ["The DNA Sample.mkv"],
        "The DNA Sample",
    )
    assert library_scan.find_unassigned_files(tmp_path)[0] == (
        "Heat (1995) Sample/heat-sample.mkv",
        "Heat (1995)/Heat (1995) trailer.mkv",
        "Sample/one.mkv",
        "The DNA Sample.mkv",
    )


def test_the_sample_of_a_movie_whose_title_begins_with_that_word_is_no_movie(
    tmp_path: Path,
) -> None:
    put(tmp_path, "Trailer Park (2006)/Trailer Park (2006).mkv", "Trailer Park (2006)/trailer.mkv")
    put(tmp_path, "Sample People (2000)/Sample People.mkv", "Sample People (2000)/sample.mkv")
    assert keys(tmp_path) == {"Sample People (2000)": 1, "Trailer Park (2006)": 1}
    assert read(tmp_path, "Sample People (2000)").samples == ("sample.mkv",)


def test_samples_belong_to_the_movie_of_their_folder(tmp_path: Path) -> None:
    put(tmp_path, "Heat/heat.mkv", "Heat/Sample/heat-sample.mkv", "Heat/grp-sample.mkv")
    movie = read(tmp_path, "Heat")
    assert movie.samples == ("grp-sample.mkv", "Sample/heat-sample.mkv")


def test_hidden_and_foreign_folders_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "Heat/Heat.mkv", ".trash/Alien.mkv", "@eaDir/Heat.mkv", "#recycle/Alien.mkv")
    put(tmp_path, "$RECYCLE.BIN/Alien.mkv", "Heat/extrafanart/fanart1.jpg", "Heat/.actors/A_B.jpg")
    put(tmp_path, ".hidden.mkv", "Heat/.mediakeep_backup_1/Heat.mkv", "...And So On (1956).mkv")
    assert list(keys(tmp_path)) == ["...And So On (1956).mkv", "Heat"]
    movie = read(tmp_path, "Heat")
    assert (movie.images, movie.extras, library_scan.find_unassigned_files(tmp_path)[0]) == (
        (),
        (),
        (),
    )


# What is next to


def test_language_and_purpose_of_subtitles_are_recognized(tmp_path: Path) -> None:
    put(tmp_path, "Heat.mkv", "Alien.mkv", "Heat.srt", "Heat.en.srt", "Heat.German.forced.ass")
    put(tmp_path, "Heat.pt-BR.default.srt", "Heat.en.hi.srt", "Heat.en.cc.vtt", "Heat.fre.2.sub")
    put(tmp_path, "Heat.en.foreign.srt", "Heat.hi.srt", "Heat of the Night.srt", "Heat.Wave.srt")
    subtitles = {
        subtitle.place: (subtitle.language, *subtitle.flags)
        for subtitle in read(tmp_path, "Heat.mkv").subtitles
    }
    assert subtitles == {
        "Heat.srt": ("",), "Heat.en.srt": ("en",), "Heat.German.forced.ass": ("german", "forced"),
        "Heat.pt-BR.default.srt": ("pt-br", "default"), "Heat.en.hi.srt": ("en", "sdh"),
        "Heat.en.cc.vtt": ("en", "sdh"), "Heat.fre.2.sub": ("fre",),
        "Heat.en.foreign.srt": ("en", "forced"), "Heat.hi.srt": ("hi",),
    }  # fmt: skip
    assert library_scan.find_unassigned_files(tmp_path)[1] == (
        "Heat of the Night.srt",
        "Heat.Wave.srt",
    )


def test_subtitles_in_a_folder_of_their_own_are_the_movies(tmp_path: Path) -> None:
    put(tmp_path, "Heat/Heat.mkv", "Heat/Subs/2_English.srt", "Heat/Heat.Director's words.srt")
    subtitles = {subtitle.place: subtitle.language for subtitle in read(tmp_path, "Heat").subtitles}
    assert subtitles == {"Subs/2_English.srt": "english", "Heat.Director's words.srt": ""}


@each_row("role", ["poster", "fanart", "banner", "clearart", "clearlogo", "logo",
                                  "discart", "disc", "landscape", "thumb", "keyart"])  # fmt: skip
def test_the_role_of_a_picture_is_recognized(tmp_path: Path, role: str) -> None:
    put(tmp_path, "Heat.mkv", "Alien.mkv", f"Heat-{role}.jpg", f"Alien-{role}.png")
    put(tmp_path, "Ran/Ran.mkv", f"Ran/{role}.jpg", f"Ran/Ran-{role}.png")
    (image,) = read(tmp_path, "Heat.mkv").images
    assert (image.place, image.role, image.size) == (f"Heat-{role}.jpg", role, len(PNG))
    assert (image.mime, image.width, image.height) == ("image/png", 2, 3)
    assert [image.role for image in read(tmp_path, "Ran").images] == [role, role]


def test_pictures_have_other_names_in_an_own_folder(tmp_path: Path) -> None:
    names = {"folder.jpg": "poster", "cover.jpg": "poster", "default.jpg": "poster",
             "movie.jpg": "poster", "Heat.jpg": "poster", "backdrop1.jpg": "fanart",
             "background.jpg": "fanart", "art.jpg": "fanart", "fanart-2.jpg": "fanart"}  # fmt: skip
    put(tmp_path, "Heat/Heat.mkv", "Heat/holiday.jpg", *(f"Heat/{name}" for name in names))
    movie = read(tmp_path, "Heat")
    assert {image.place: image.role for image in movie.images} == names
    assert movie.orphans == ()


def test_what_is_no_picture_says_so(tmp_path: Path) -> None:
    put(tmp_path, "Heat/Heat.mkv")
    (tmp_path / "Heat" / "poster.jpg").write_bytes(b"<html>")
    (tmp_path / "Heat" / "fanart.jpg").touch()
    images = {image.role: image.trouble for image in read(tmp_path, "Heat").images}
    assert images == {"poster": "it is no picture", "fanart": "it is empty"}


def test_a_truncated_picture_says_so(tmp_path: Path) -> None:
    put(tmp_path, "Heat/Heat.mkv")
    whole = track_files.read_seed_file("cover.jpg")
    (tmp_path / "Heat" / "poster.jpg").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "Heat" / "fanart.jpg").write_bytes(whole)
    images = {image.role: image.trouble for image in read(tmp_path, "Heat").images}
    assert images == {"poster": "it is truncated", "fanart": ""}


def test_the_nfo_that_counts_comes_first(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995)/heat.mkv", "Heat (1995)/heat.nfo", "Heat (1995)/movie.nfo")
    put(tmp_path, "Heat (1995)/Heat (1995).nfo", "Heat (1995)/group.nfo")
    put(tmp_path, "Alien cd1.avi", "Alien cd2.avi", "Alien cd1.nfo", "Alien.NFO", "Ran.mkv")
    movie = read(tmp_path, "Heat (1995)")
    assert movie.nfos == ("movie.nfo", "heat.nfo", "Heat (1995).nfo")
    assert movie.orphans == ("group.nfo",)
    assert read(tmp_path, "Alien cd1.avi").nfos == ("Alien cd1.nfo", "Alien.NFO")


def test_names_are_the_same_however_they_are_composed_and_in_any_case(tmp_path: Path) -> None:
    composed = "Amélie (2001)"
    apart = unicodedata.normalize("NFD", composed)
    put(tmp_path, f"{composed}.mkv", f"{apart}.nfo", f"{composed.upper()}-POSTER.JPG", "Ran.mkv")
    movie = read(tmp_path, f"{composed}.mkv")
    assert (movie.nfos, len(movie.images)) == ((f"{apart}.nfo",), 1)
    assert library_scan.find_unassigned_files(tmp_path)[1] == ()


def test_sidecars_that_fit_no_video_are_orphans(tmp_path: Path) -> None:
    put(tmp_path, "Heat/Heat.mkv", "Heat/Old.nfo", "Heat/Old-poster.jpg", "Heat/Old.en.srt")
    put(tmp_path, "Heat/Old-metadata.json", "Heat/readme.txt", "Heat/Heat-metadata.json")
    put(tmp_path, "poster.jpg", "Noir/fanart.jpg", "Noir/Laura/Laura.mkv")  # those of a folder
    put(tmp_path, "Alien.mkv", "Gone.nfo", "Gone-fanart.jpg", "Alien 3.nfo", "Alien-metadata.json")
    movie = read(tmp_path, "Heat")
    assert set(movie.orphans) == {"Old.nfo", "Old-poster.jpg", "Old.en.srt", "Old-metadata.json"}
    assert (movie.metadata_file, movie.nfos) == ("Heat-metadata.json", ())
    assert library_scan.find_unassigned_files(tmp_path)[1] == (
        "Alien 3.nfo",
        "Gone-fanart.jpg",
        "Gone.nfo",
    )
    assert read(tmp_path, "Alien.mkv").metadata_file == "Alien-metadata.json"


def test_locks_are_reported(tmp_path: Path) -> None:
    put(tmp_path, "Heat/Heat.mkv", "Heat/.mediakeep-lock", "A/Ran/Ran.mkv", "A/.mediakeep-lock")
    put(tmp_path, "Alien.mkv", "Alien.mediakeep-lock", "Brazil.mkv")
    assert read(tmp_path, "Heat").lock_reason == f"{tmp_path}/Heat/.mediakeep-lock locks it"
    assert read(tmp_path, "A/Ran").lock_reason == f"{tmp_path}/A/.mediakeep-lock locks it"
    assert read(tmp_path, "Alien.mkv").lock_reason == f"{tmp_path}/Alien.mediakeep-lock locks it"
    assert read(tmp_path, "Brazil.mkv").lock_reason == ""


# Fingerprints, and what changes


def test_a_fingerprint_changes_with_what_belongs_to_the_movie_alone(tmp_path: Path) -> None:
    def marks() -> list[str]:
        return [movie.fingerprint for movie in library_scan.find_movies(tmp_path)]

    put(tmp_path, "Alien.mkv", "Heat.mkv", "Ran/Ran.mkv")
    first = marks()
    put(tmp_path, "Heat.en.srt")
    second = marks()
    assert [a == b for a, b in zip(first, second, strict=True)] == [True, False, True]
    put(tmp_path, "Ran/poster.jpg")
    assert [a == b for a, b in zip(second, marks(), strict=True)] == [True, True, False]


def test_a_movie_that_is_gone_or_shares_its_folder_now_is_an_error(tmp_path: Path) -> None:
    put(tmp_path, "Heat.mkv", "Alien.mkv", "Ran/Ran.mkv", "Empty/Empty.mkv")
    (tmp_path / "Heat.mkv").unlink()
    with pytest.raises(Unreadable, match="No such file"):
        library_scan.read_movie(tmp_path / "Heat.mkv", "Heat.mkv", tmp_path)
    put(tmp_path, "Ran/Brazil.mkv")
    with pytest.raises(Unreadable, match=r"several movies by now\. Scan"):
        library_scan.read_movie(tmp_path / "Ran", "Ran", tmp_path)
    (tmp_path / "Empty" / "Empty.mkv").unlink()
    with pytest.raises(Unreadable, match="no video is left"):
        library_scan.read_movie(tmp_path / "Empty", "Empty", tmp_path)


def test_a_missing_library_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing):
        library_scan.find_movies(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(LibraryMissing):
        library_scan.find_movies(tmp_path / "file")


def test_a_folder_that_has_an_id_holds_one_movie_with_any_versions_are_called(
    tmp_path: Path,
) -> None:
    for label in ("Best", "Lantern Club"):
        path = tmp_path / "The Tide [tmdbid-71]" / f"The Tide - {label}.mkv"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert [movie.key for movie in library_scan.find_movies(tmp_path)] == ["The Tide [tmdbid-71]"]
