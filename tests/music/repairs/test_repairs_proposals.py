"""Only what most people would accept is proposed."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from mediakeep.media.audio.tag_edits import CopyToNativeTags, SetField
from mediakeep.music import diagnose
from mediakeep.music.model import Album, Track
from mediakeep.music.repairs import proposals, safe
from mediakeep.music.repairs.repair import EmbedCover, Repair
from tests.music.paper import album, disc, numbered, track
from tests.music.repairs.made import apply_repairs, build_artist, garble
from tests.sampling import each_row


def list_proposals(kind: str, *albums: Album, name: str = "Vera") -> dict[str, str]:
    """Return what is proposed for the issues of a kind, by file name, or by place of the album.

    Once they are all accepted, no issue of the kind is left on those tracks.
    """
    artist = build_artist(*albums, name=name)
    issues = [issue for issue in diagnose.find_issues(artist, "x") if issue.kind == kind]
    repairs = proposals.propose_repairs(artist, issues)
    after = apply_repairs(artist, tuple(one for some in repairs.values() for one in some))
    open_ones = {issue.id for issue in diagnose.find_issues(after, "x")}
    assert not open_ones & repairs.keys()
    return {
        issue.path.rpartition("/")[2] or issue.album: proposals.format_proposal(repairs[issue.id])
        for issue in issues
        if issue.id in repairs
    }


def put(name: str, number: object = 1, *, below: str = "Dawn", **fields: Any) -> Track:
    """Return a track at another place."""
    track_ = track(number, **fields)
    return structs.replace(track_, place=f"{below}/{name}" if below else name)


# Titles and numbers from file names


@each_row(
    ("name", "title"),
    [
        ("03 Low Tide.mp3", "Low Tide"),
        ("03 - Low Tide.mp3", "Low Tide"),
        ("03. Low Tide.mp3", "Low Tide"),
        ("03_low_tide.mp3", "low tide"),
        ("1-03 Low Tide.mp3", "Low Tide"),
        ("103 Low Tide.mp3", "Low Tide"),
        ("03 - Vera - Low Tide.mp3", "Low Tide"),
        ("Vera - Dawn - 03 - Low Tide.mp3", "Low Tide"),
        ("Vera - Dawn - Low Tide.mp3", "Low Tide"),
        ("Low Tide.mp3", "Low Tide"),
        ("03 99 Lanterns.mp3", "99 Lanterns"),
        ("99 Lanterns.mp3", "99 Lanterns"),
        ("03 ...And Again.mp3", "...And Again"),
        ("03 NoÃ«l.mp3", ""),
        ("03 海.mp3", "海"),
        ("03 What_s Up.mp3", ""),
        ("03.mp3", ""),
        ("Track 03.mp3", ""),
        ("03 Track 03.mp3", ""),
        ("03 Titel 03.mp3", ""),
        ("AudioTrack 03.mp3", ""),
        ("a.mp3", ""),
        ("03 Low Tide (1).mp3", ""),
        ("03 D\\xE9j\\xE0 Vu.mp3", ""),
    ],
)
def test_a_title_is_read_from_the_file_name(name: str, title: str) -> None:
    proposed = list_proposals("missing-title", album(put(name, 3, title="")))
    assert proposed == ({name: f'title "{title}"'} if title else {})


def test_a_title_is_read_from_a_file_name_with_an_untagged_number() -> None:
    nameless = {"title": "", "track": ""}
    tracks = [put(f"{number:02} {title}.mp3", **nameless) for number, title in enumerate("ABCD", 1)]
    named = album(
        *(structs.replace(track_, place=track_.place[:-4] + "da.mp3") for track_ in tracks)
    )
    assert list(list_proposals("missing-title", named).values()) == [
        f'title "{letter}da"' for letter in "ABCD"
    ]


def test_a_title_with_an_artist_in_front_needs_an_artist() -> None:
    known = album(put("Anna - Low Tide.mp3", title="", artist="Vera"))
    assert list_proposals("missing-title", known) == {
        "Anna - Low Tide.mp3": 'title "Anna - Low Tide"'
    }
    assert (
        list_proposals("missing-title", album(put("Anna - Low Tide.mp3", title="", artist="")))
        == {}
    )


@each_row(
    ("names", "texts"),
    [
        (("01 A.mp3", "02 B.mp3", "03 C.mp3"), {"03 C.mp3": "3"}),
        (("1-01 A.mp3", "1-02 B.mp3", "1-03 C.mp3"), {"1-03 C.mp3": "3"}),
        (("101 A.mp3", "102 B.mp3", "103 C.mp3"), {"103 C.mp3": "3"}),
        (("A.mp3", "B.mp3", "03 C.mp3"), {}),
        (("A.mp3", "B.mp3", "99 Lanterns.mp3"), {}),
        (("02 A.mp3", "01 B.mp3", "03 C.mp3"), {}),
        (("01 A.mp3", "02 B.mp3", "02 C.mp3"), {}),
        (("01 A.mp3", "02 B.mp3", "C.mp3"), {}),
    ],
)
def test_a_number_is_taken_from_numbered_file_names(
    names: tuple[str, ...], texts: dict[str, str]
) -> None:
    tracks = [put(name, number) for number, name in enumerate(names[:-1], 1)]
    whole = album(*tracks, put(names[-1], track=""))
    expected = {name: f'track number "{number}"' for name, number in texts.items()}
    assert list_proposals("missing-track-number", whole) == expected


def test_numbers_of_a_whole_album_are_recognized_by_their_names() -> None:
    names = ("1-01 A.mp3", "1-02 B.mp3", "1-03 C.mp3")
    whole = album(*(put(name, track="") for name in names))
    assert list(list_proposals("missing-track-number", whole).values()) == [
        f'track number "{number}"' for number in (1, 2, 3)
    ]
    assert list_proposals("missing-track-number", album(put("99 Lanterns.mp3", track=""))) == {}
    assert list_proposals("missing-track-number", album(put("Lanterns.mp3", track=""))) == {}


def test_a_number_is_written_as_those_of_the_other_tracks() -> None:
    tracks = [put(f"{number:02} A.mp3", f"{number:02}") for number in (1, 2)]
    whole = album(*tracks, put("03 C.mp3", track=""))
    assert list_proposals("missing-track-number", whole) == {"03 C.mp3": 'track number "03"'}


def test_a_loose_track_has_a_number_where_its_name_leaves_no_doubt() -> None:
    loose = [put(name, track="", below="") for name in ("03 - A.mp3", "7 Seconds.mp3", "B.mp3")]
    proposed = list_proposals("missing-track-number", album(*loose, place=""))
    assert proposed == {"03 - A.mp3": 'track number "3"'}


@each_row(
    ("text", "told"),
    [("Bonus 3", 'track number "3"'), ("A-3", None), ("Disc 3", None), ("3 bis 4", None)],
)
def test_a_number_among_other_words_is_proposed_where_it_is_free(
    text: str, told: str | None
) -> None:
    whole = album(track(1), track(2), track(text, name="x"))
    assert list_proposals("track-number-format", whole).get("x") == told
    taken = album(track(1), track(3), track(text, name="x"))
    assert list_proposals("track-number-format", taken) == {}


# Artists and albums


def test_a_missing_artist_is_that_of_the_other_tracks() -> None:
    others = [track(number, artist="Vera") for number in (1, 2)]
    assert list_proposals("missing-artist", album(*others, track(3, name="x", artist=""))) == {
        "x": 'artist "Vera"'
    }
    torn = album(track(1, artist="Vera"), track(2, artist="Anna"), track(3, artist=""))
    assert list_proposals("missing-artist", torn) == {}


@each_row(
    ("name", "fields", "text"),
    [
        ("Vera", {}, 'artist "Vera"'),
        ("Vera", {"albumartist": "Anna"}, 'artist "Anna"'),
        ("AC_DC", {}, None),
        ("Various Artists", {}, None),
        ("Unknown Artist", {}, None),
        ("New Folder", {}, None),
        ("Nouveau dossier (12)", {}, None),
        ("New Folder", {"albumartist": "Anna"}, 'artist "Anna"'),
        ("Vera", {"compilation": True}, None),
        ("BjÃ¶rk", {}, None),
        ("D\\xE9j\\xE0", {}, None),
    ],
)
def test_the_artist_is_read_from_album_artist_or_folder(
    name: str, fields: dict[str, Any], text: str | None
) -> None:
    whole = album(track(1, name="x", **{"artist": "", "albumartist": "", **fields}))
    assert list_proposals("missing-artist", whole, name=name).get("x") == text


def test_a_folder_that_cannot_hold_every_letter_is_spelt_as_tracks_do() -> None:
    bare = album(track(1, name="x", artist="", albumartist=""))
    known = numbered(1, 2, artist="AC/DC", album="Dusk")
    moved = [structs.replace(one, place=one.place.replace("Dawn", "Dusk")) for one in known.tracks]
    proposed = list_proposals("missing-artist", bare, album(*moved, place="Dusk"), name="AC-DC")
    assert proposed == {"x": 'artist "AC/DC"'}


def test_a_missing_album_is_that_of_the_other_tracks() -> None:
    whole = album(track(1), track(2), track(3, name="x", album=""))
    assert list_proposals("missing-album", whole) == {"x": 'album "Dawn"'}
    several = album(track(1), track(1, album="Dusk"), track(3, name="x", album=""))
    assert list_proposals("missing-album", several) == {}


@each_row(
    ("folder", "text"),
    [
        ("Moorings", "Moorings"),
        ("1974 - Moorings", "Moorings"),
        ("(1974) Moorings", "Moorings"),
        ("Moorings (1974)", "Moorings"),
        ("Moorings [FLAC] [2001]", "Moorings"),
        ("Vera - Moorings", "Moorings"),
        ("Vera - 1974 - Moorings", "Moorings"),
        ("Moorings (Deluxe Edition)", "Moorings (Deluxe Edition)"),
        ("Moorings (Disc 2)", "Moorings"),
        ("1989", "1989"),
        ("Box/Moorings", "Moorings"),
        ("What_s Up", None),
        ("New Folder", None),
        ("Unknown Album", None),
        ("mp3", None),
        ("CD1", None),
    ],
)
def test_the_album_is_read_from_the_folder_if_no_track_has_it(
    folder: str, text: str | None
) -> None:
    bare = album(put("x.mp3", album="", below=folder), place=folder)
    proposed = list_proposals("missing-album", bare)
    assert proposed == ({"x.mp3": f'album "{text}"'} if text else {})


@each_row(
    ("names", "text"),
    [
        ([("Vera", "Vera")] * 3 + [("Anna", "Anna"), ("Anna", "")], 'album artist "Vera"'),
        ([("Vera", ""), ("Vera", ""), ("Vera feat. Anna", "")], 'album artist "Vera"'),
        ([("Vera", ""), ("Vera", ""), ("Anna", "")], 'album artist "Vera"'),
        ([("Ida", ""), ("Ida", ""), ("Anna", "")], None),
        ([("Vera", ""), ("Anna", ""), ("Ida", "")], None),
        ([("Vera", "Unknown Artist"), ("Anna", "")], None),
    ],
)
def test_a_likely_album_artist_is_proposed(names: list[tuple[str, str]], text: str | None) -> None:
    tracks = [
        track(number, name=str(number), artist=artist_name, albumartist=whole)
        for number, (artist_name, whole) in enumerate(names, 1)
    ]
    lacking = str(len(tracks))
    assert list_proposals("missing-albumartist", album(*tracks)).get(lacking) == text


def test_a_compilation_is_of_various_artists() -> None:
    tracks = [track(1, artist="Anna", albumartist="", compilation=True, name="x")]
    whole = album(*tracks, track(2, artist="Ida", albumartist="", compilation=True))
    assert list_proposals("missing-albumartist", whole)["x"] == 'album artist "Various Artists"'


@each_row("folder", ["Various Artists", "VA"])
@each_row(
    ("artists", "text"),
    [
        (("VA", "VA", "VA"), 'album artist "Various Artists"'),
        (("Various", "V.A.", "Anna"), 'album artist "Various Artists"'),
        (("Vera", "Anna", "Ida"), 'album artist "Various Artists"'),
        (("Vera", "Vera", "Vera"), 'album artist "Vera"'),
    ],
)
def test_in_a_folder_of_various_artists_an_album_of_several_is_theirs(
    folder: str, artists: tuple[str, ...], text: str
) -> None:
    tracks = [
        track(number, name=str(number), artist=one, albumartist="")
        for number, one in enumerate(artists, 1)
    ]
    proposed = list_proposals("missing-albumartist", album(*tracks), name=folder)
    assert proposed == dict.fromkeys("123", text)


def test_the_most_frequent_spelling_is_proposed_where_it_is_clearly_the_usual_one() -> None:
    usual = [track(number, artist="AC/DC", albumartist="AC/DC") for number in (1, 2, 3, 4)]
    odd = track(5, artist="AC-DC", albumartist="Ac/Dc")
    texts = {"": 'artist "AC/DC"; album artist "AC/DC"'}
    assert list_proposals("artist-variation", album(*usual, odd)) == texts
    assert list_proposals("artist-variation", album(*usual[:1], odd)) == {}


def test_artists_that_musicbrainz_shows_apart_are_not_spelt_alike() -> None:
    usual = [track(number, artist="Nena", musicbrainz_artistid="1") for number in (1, 2, 3, 4)]
    named = track(5, artist="NENA", musicbrainz_artistid="2")
    unknown = track(6, artist="nena")
    proposed = list_proposals("artist-variation", album(*usual, unknown))
    assert proposed == {"": 'artist "Nena"'}
    assert list_proposals("artist-variation", album(*usual, named)) == {}


def test_an_album_is_spelt_as_most_tracks_do_and_its_disc_goes_where_it_belongs() -> None:
    slip = album(*numbered(1, 2, 3).tracks, track(4, album="dawn!"))
    assert list_proposals("album-variation", slip) == {"Dawn": 'album "Dawn"'}
    discs = album(
        *disc("", 1, 2, 3), *(track(disc_number, album="Dawn (Disc 2)") for disc_number in (1, 2))
    )
    assert list_proposals("album-variation", discs) == {
        "Dawn": 'album "Dawn" in 2 files; disc number "2" in 2 files'
    }
    even = album(track(1), track(2, album="DAWN"))
    assert list_proposals("album-variation", even) == {}


def test_the_usual_album_artist_is_proposed_for_the_others() -> None:
    whole = album(*numbered(1, 2, 3).tracks, track(4, albumartist="Anna"))
    assert list_proposals("albumartist-mixed", whole) == {"Dawn": 'album artist "Vera"'}
    even = album(track(1), track(2), track(3, albumartist="Anna"), track(4, albumartist="Ida"))
    assert list_proposals("albumartist-mixed", even) == {}


# Dates, genres, letters


def test_a_missing_date_is_that_of_the_other_tracks() -> None:
    dates = ("1974-05-01", "1974-05-01", "1974", "")
    tracks = [track(number, name=str(number), date=date) for number, date in enumerate(dates, 1)]
    assert list_proposals("missing-date", album(*tracks)) == {"4": 'date "1974-05-01"'}
    torn = [track(number, date=str(1970 + 5 * number)) for number in (1, 2, 3)]
    assert list_proposals("missing-date", album(*torn, tracks[3])) == {}
    assert list_proposals("missing-date", numbered(1, 2, date="")) == {}


def test_a_disc_has_its_own_date_before_that_of_the_album() -> None:
    whole = album(
        *disc(1, 1, 2, 3, date="1974"),
        *disc(2, 1, date="1980"),
        *disc(2, 2, date="", title="Rivet"),
    )
    assert list_proposals("missing-date", whole) == {"2-2.mp3": 'date "1980"'}


def test_in_a_compilation_all_must_agree_on_the_date() -> None:
    some = [track(number, date="1974", compilation=True) for number in (1, 2, 3)]
    bare = track(5, name="x", date="", compilation=True)
    other = track(4, date="1980", compilation=True)
    assert list_proposals("missing-date", album(*some, bare)) == {"x": 'date "1974"'}
    assert list_proposals("missing-date", album(*some, other, bare)) == {}


def test_a_stray_date_is_brought_to_that_of_the_album() -> None:
    whole = album(*numbered(1, 2, 3).tracks, track(4, date="1999"), track(5, date="2004-01-02"))
    assert list_proposals("date-mixed", album(*whole.tracks[:4])) == {"Dawn": 'date "1974"'}
    discs = album(*disc(1, 1, 2, 3), *disc(1, 4, date="1975"), *disc(2, 1, 2, date="1980"))
    assert list_proposals("date-mixed", discs) == {"Dawn": 'date "1974"'}


def test_a_placeholder_genre_is_removed_and_others_stay() -> None:
    whole = album(*(track(number, genres="Other") for number in (1, 2)))
    assert (
        list_proposals("placeholder-genre", whole)["1 Ballast.mp3"] == 'take the genre "Other" away'
    )
    both = album(track(1, name="x", genres=("Folk", "n/a")))
    assert list_proposals("placeholder-genre", both) == {"x": 'take the genre "n/a" away'}


def test_a_text_that_is_not_proven_is_proposed_as_it_was_likely_meant() -> None:
    whole = album(track(1, name="x", title=garble("Äîðîãà")))
    assert safe.plan_repairs(build_artist(whole)) == ()
    assert list_proposals("mojibake", whole) == {"x": 'title "Дорога"'}
    assert list_proposals("mojibake", album(track(1, title="Bj\ufffdrk"))) == {}


# Safe repairs, and how all are reported


def test_a_safe_repair_that_was_not_made_is_proposed_for_each_kind_that_it_fixes() -> None:
    whole = album(track(1, name="x", title="BjÃ¶rk ", artist="Vera "))
    assert list_proposals("mojibake", whole) == {"x": 'title "Björk"'}
    assert list_proposals("whitespace", whole) == {"x": 'title "Björk"; artist "Vera"'}


def test_an_issue_without_a_proposal_is_not_among_those_with_one() -> None:
    artist = build_artist(numbered(1, 2, 4, genres=""))
    issues = diagnose.find_issues(artist, "x")
    assert {issue.kind for issue in issues} == {"track-gap", "missing-genre", "missing-cover"}
    assert proposals.propose_repairs(artist, issues) == {}


def test_repairs_are_described_in_one_line() -> None:
    def made(
        change: SetField | CopyToNativeTags | EmbedCover, *old: str, place: str = "x"
    ) -> Repair:
        return Repair(place=place, kinds=("whitespace",), change=change, old=old)

    title = made(SetField("title", ("Army of Me",)))
    assert proposals.format_proposal([title]) == 'title "Army of Me"'
    artists = [made(SetField("artist", ("Björk",)), "Bjork", place=place) for place in "abc"]
    assert proposals.format_proposal(artists) == 'artist "Björk" in 3 files'
    genres = [made(SetField("genres", ()), "Other") for _ in range(12)]
    assert proposals.format_proposal(genres) == 'take the genre "Other" away in 12 files'
    assert (
        proposals.format_proposal([made(SetField("genres", ("Folk",)), "Other")]) == 'genre "Folk"'
    )
    assert proposals.format_proposal([made(EmbedCover("Dawn/cover.jpg"))]) == 'embed "cover.jpg"'
    assert (
        proposals.format_proposal([made(CopyToNativeTags())])
        == "the same texts in the format's own tags"
    )
    assert proposals.format_proposal([title, artists[0]]) == 'title "Army of Me"; artist "Björk"'
    many = [made(SetField("title", (f"{number}",))) for number in range(9)]
    assert proposals.format_proposal(many).endswith('title "4"; and 4 more')


def test_an_artist_with_many_issues_is_reported_quickly() -> None:
    """Nothing is looked for again for each of them."""
    lacking = {"title": "", "artist": "", "track": "", "date": "", "albumartist": ""}
    tracks = [put(f"{number:04} A.mp3", **lacking) for number in range(1500)]
    artist = build_artist(album(*tracks))
    issues = diagnose.find_issues(artist, "x")
    assert len(issues) > 6000
    assert len(proposals.propose_repairs(artist, issues)) >= 1500
