"""What is missing of a discography as rows of a table, and as data for programs."""

from __future__ import annotations

from mediakeep.lookups.musicbrainz.lookup_store import PossibleArtist, ResolvedArtist
from mediakeep.lookups.musicbrainz.model import Discography
from mediakeep.music.artist_lookup import artist_query, collection, missing_table
from mediakeep.music.artist_lookup.lookup import NOT_LOOKED_UP, ArtistLookup
from mediakeep.music.model import Artist
from tests.music import visits, worlds
from tests.music.worlds import VERA

DAWN, DUSK = worlds.group("Dawn", first_release_date="1974-03"), worlds.group("Dusk", "EP")
BARN = worlds.group("Barn", secondary_types=("Live",))
KNOWN = worlds.discography(
    worlds.release(DAWN, ["a", "b"]),
    worlds.release(DAWN, ["a", "b"], ["c"], name="deluxe"),
    worlds.release(DUSK, ["x", "y", "z"]),
    groups=[BARN],
)
WHO = visits.build_artist("Vera", {"Dawn": ["a"], "Unheard": ["u"]})


def build_lookup(who: Artist = WHO, known: Discography = KNOWN) -> ArtistLookup:
    resolved = ResolvedArtist(
        name="Vera", question="", state="done", artist=VERA, by="albums", asked="now"
    )
    owned = collection.compare_with_discography(who, artist_query.build_query(who), known)
    return ArtistLookup("done", resolved, known, owned)


def test_each_row_shows_what_is_missing_and_why() -> None:
    rows = missing_table.build_rows("Vera", build_lookup())
    assert [
        (row["missing"], row["reason"], row["album"], row.get("track", "")) for row in rows
    ] == [
        ("album", "not owned", "Dusk", ""),
        ("album", "another edition owned", "Dawn", ""),
        ("album", "no official release", "Barn", ""),
        ("track", "not owned", "Dawn", "b"),
        ("track", "bonus track", "Dawn", "c"),
    ]
    assert all(set(row) <= set(missing_table.COLUMNS) for row in rows)
    dusk, _, barn, gap, bonus = rows
    assert (dusk["type"], dusk["tracks"], dusk["editions"]) == ("EP", 3, 1)
    assert (barn["type"], barn["release_mbid"]) == ("Album + Live", "")
    assert (gap["disc"], gap["position"], gap["folder"]) == (1, 2, "Dawn")
    assert (bonus["disc"], bonus["position"], bonus["recording_mbid"]) == (2, 1, "recording c")
    assert {row["artist_mbid"] for row in rows} == {VERA.id}
    assert gap["first_release_date"] == "1974-03"


def test_the_json_contains_what_is_owned_too() -> None:
    rows = missing_table.to_json("Vera", build_lookup())
    assert (rows["lookup"], rows["mbid"], rows["found_by"]) == ("done", VERA.id, "albums")
    assert [(one["title"], one["missing_tracks"]) for one in rows["albums"]] == [("Dawn", 1)]
    assert rows["unknown_albums"] == ["Unheard"]
    assert rows["missing"] == missing_table.build_rows("Vera", build_lookup())


def test_nothing_is_missing_of_whom_nothing_is_known() -> None:
    assert missing_table.build_rows("Vera", NOT_LOOKED_UP) == []
    assert (
        missing_table.to_json("Vera", ArtistLookup("pending", reason="It rains."))["lookup"]
        == "pending"
    )
    assert "missing" not in missing_table.to_json(
        "Vera", ArtistLookup("pending", reason="It rains.")
    )


def test_the_json_contains_the_candidates() -> None:
    resolved = ResolvedArtist(
        name="Vera", question="", state="unsure", choices=(PossibleArtist(VERA, ("Dawn",)),)
    )
    rows = missing_table.to_json("Vera", ArtistLookup("unsure", resolved))
    assert rows == {
        "lookup": "unsure",
        "choices": [{"mbid": VERA.id, "name": "Vera", "albums": ["Dawn"]}],
    }
