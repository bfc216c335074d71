"""Track numbers are normalized if they are certain, and nothing is lost."""

from __future__ import annotations

from msgspec import structs

from mediakeep.music.model import Album, Track
from mediakeep.music.repairs import safe
from tests.music import paper
from tests.music.paper import album, track
from tests.music.repairs.made import apply_repairs, build_artist
from tests.sampling import each_row

VORBIS = ("FLAC", "Ogg Vorbis", "Opus")


def list_repairs(*parts: Album) -> dict[str, dict[str, str]]:
    """Give what is repaired, by file name and field; made once, nothing must be left."""
    whole = build_artist(*parts)
    repairs = safe.plan_repairs(whole)
    assert safe.plan_repairs(apply_repairs(whole, repairs)) == ()
    found: dict[str, dict[str, str]] = {}
    for repair in repairs:
        name = repair.place.rpartition("/")[2]
        found.setdefault(name, {})[repair.field] = "".join(repair.change.values)
    return found


def build_track(text: str, total: str = "", kind: str = "FLAC", name: str = "x") -> Track:
    """Return a track as it is read if its number is written in this way."""
    number, stroke, rest = text.partition("/")
    raw = {"tracknumber": [text]} | ({"tracktotal": [total]} if total else {})
    track_ = track(number.strip() if stroke else number, name=name, format=kind)
    tags = structs.replace(track_.tags, track_total=total or rest.strip())
    return structs.replace(track_, raw=raw, tags=tags, container="Vorbis comment")


@each_row(
    ("text", "number", "total"),
    [
        ("Track 3", "3", ""),
        ("track 03", "03", ""),
        ("#3", "3", ""),
        ("3.", "3", ""),
        (" 3", "3", ""),
        ("Nr. 3", "3", ""),
        ("(3)", "3", ""),
        ("3 of 12", "3", "12"),
        ("Titel 03 von 12", "03", "12"),
        ("12 de 12", "12", "12"),
    ],
)
@each_row("kind", ["MP3", *VORBIS])
def test_a_number_is_parted_from_words_that_say_no_more(
    kind: str, text: str, number: str, total: str
) -> None:
    expected = {"track": number} | ({"track_total": total} if total else {})
    assert list_repairs(album(track(text, name="x", format=kind))) == {"x": expected}
    assert list_repairs(album(track(text, name="x", format=kind), place="")) == {"x": expected}


@each_row(
    "text",
    [
        "three",
        "1-03",
        "A-3",
        "Disc 2",
        "CD1 Track 03",
        "3½",
        "1.5",
        "A1",
        "",
        "３",
        "3 bonus",
        "9" * 30,
    ],
)
@each_row("kind", ["MP3", "FLAC"])
def test_what_may_mean_more_than_a_number_is_left_alone(kind: str, text: str) -> None:
    assert list_repairs(album(track(text, name="x", format=kind))) == {}


@each_row("kind", VORBIS)
def test_a_total_moves_to_its_own_field_where_the_format_has_one(kind: str) -> None:
    whole = build_artist(album(build_track("03/12", kind=kind)))
    number, total = safe.plan_repairs(whole)
    assert (number.field, number.change.values, number.old) == ("track", ("03",), ("03/12",))
    assert (total.field, total.change.values, total.old) == ("track_total", ("12",), ())
    assert number.change.reason == "track-number-format: the total has a separate field"
    assert safe.plan_repairs(apply_repairs(whole, (number, total))) == ()


@each_row(
    ("text", "total", "details"),
    [
        ("3/12", "12", {"track": "3"}),
        ("3/12", "012", {"track": "3"}),
        ("3/12", "13", {}),
        ("3/12", "twelve", {}),
        ("3/twelve", "", {}),
        ("3/12/9", "", {}),
        ("/12", "", {}),
        ("A1/12", "", {}),
        ("3/", "", {"track": "3"}),
        ("Track 3/12", "", {"track": "3", "track_total": "12"}),
        ("3 of 12", "12", {"track": "3"}),
        ("3 of 12", "13", {}),
        ("3 of 12/13", "", {}),
    ],
)
def test_an_existing_total_must_agree(text: str, total: str, details: dict[str, str]) -> None:
    assert list_repairs(album(build_track(text, total))) == ({"x": details} if details else {})


def test_a_number_next_to_a_contradicted_total_is_not_padded_either() -> None:
    others = [track(number, name=number, format="FLAC") for number in ("01", "02")]
    assert list_repairs(album(*others, build_track("3/12", "13"))) == {}
    assert list_repairs(album(*others, build_track("3/12", "12"))) == {"x": {"track": "03"}}


def test_in_id3_a_total_is_in_the_right_field() -> None:
    one = structs.replace(track("03", name="x", track_total="12"), raw={"TRCK": ["03/12"]})
    assert list_repairs(album(one)) == {}


def test_several_numbers_in_a_file_are_all_kept() -> None:
    for raw in ({"tracknumber": ["3/12", "4"]}, {"tracknumber": ["3/12"], "track": ["4"]}):
        assert list_repairs(album(structs.replace(build_track("3/12"), raw=raw))) == {}


@each_row(
    ("numbers", "changed"),
    [
        (("01", "02", "3"), {"3": "03"}),
        (("1", "2", "03"), {"03": "3"}),
        (("01", "2"), {"01": "1"}),
        (("001", "002", "3", "10"), {"3": "003"}),
        (("01", "02", "3", "A1", "10"), {"3": "03"}),
        (("Track 1", "Track 2", "03"), {"Track 1": "1", "Track 2": "2", "03": "3"}),
        (("Track 01", "Track 02", "3"), {"Track 01": "01", "Track 02": "02", "3": "03"}),
        (("01", "02", "Track 3"), {"Track 3": "03"}),
        (("01", "02", "Track 10"), {"Track 10": "10"}),
    ],
)
def test_numbers_below_ten_are_written_as_most_on_their_disc(
    numbers: tuple[str, ...], changed: dict[str, str]
) -> None:
    whole = album(*(track(number, name=number) for number in numbers))
    assert list_repairs(whole) == {name: {"track": new} for name, new in changed.items()}


def test_discs_and_formats_have_each_their_own_way() -> None:
    discs = album(*paper.disc(1, "01", "02"), *paper.disc(2, "1", "2"))
    assert list_repairs(discs) == {}
    formats = album(
        *(track(number, name=f"{number}.mp3") for number in ("1", "2")),
        *(track(number, name=f"{number}.flac", format="FLAC") for number in ("01", "02")),
    )
    assert list_repairs(formats) == {}


@each_row("kind", ["AAC", "MP4"])
def test_nothing_is_padded_where_a_number_is_no_text_or_is_only_read(kind: str) -> None:
    assert (
        list_repairs(
            album(*(track(number, name=number, format=kind) for number in ("01", "02", "3")))
        )
        == {}
    )


def test_a_number_of_absurd_length_is_written_as_the_others() -> None:
    long = track("x", name="x", title="Thaw")
    long = structs.replace(long, tags=structs.replace(long.tags, track="0" * 5000 + "3"))
    whole = album(track(1, name="a"), track(2, name="b"), long)
    assert list_repairs(whole) == {"x": {"track": "3"}}
