"""When two titles mean one song, when another version of it, and when another song."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from mediakeep.music.matching import titles
from mediakeep.music.matching.weights import MatchingWeights
from tests.sampling import each_row

WEIGHTS = MatchingWeights(qualifier=0.6, slight=0.2, figures=0.35, partial=0.08)


def measure_distance(text: str, other: str) -> float:
    """Return how much two titles differ; it is the same both ways."""
    first, second = titles.parse_title(text), titles.parse_title(other)
    letters = Levenshtein.normalized_distance(first.key, second.key)
    there, back = (
        titles.title_distance(*pair, letters, WEIGHTS)
        for pair in ((first, second), (second, first))
    )
    assert there == back
    return there


@each_row(
    ("text", "other"),
    [
        ("Dusk", "DUSK"),
        ("Don't Go", "Dont go"),
        ("Night & Day", "Night and Day"),
        ("Ça Va", "Ca va?"),
        ("The Thaw", "Thaw"),
        ("Dusk (Remastered 2011)", "Dusk"),
        ("Dusk - 2011 Remaster", "Dusk"),
        ("Dusk - 2011 - Remastered", "Dusk - 2011"),
        ("Dusk (Stereo)", "Dusk"),
        ("Dusk (Bonus Track)", "Dusk"),
        ("Dusk [Album Version]", "Dusk"),
        ("Dusk (Explicit)", "Dusk"),
        ("Dusk (feat. Carl)", "Dusk"),
        ("Dusk feat. Carl & Mona", "Dusk"),
        ("Dusk ft. Carl", "Dusk [featuring Carl]"),
        ("Dusk feat. Carl (Live)", "Dusk (Live)"),
        ("Dusk (Live) [feat. Carl]", "Dusk - Live"),
        ("Dusk (Live)", "Dusk [live]"),
        ("Dusk {Live}", "Dusk (Live)"),
        ("Dusk (Live in Paris)", "Dusk - Live"),
        ("Dusk - Live at Saint-Denis", "Dusk (Live at Saint-Denis)"),
        ("Dusk (Unplugged)", "Dusk (Live)"),
        ("Dusk - Lo-Fi Remix", "Dusk (Lo-Fi Remix)"),
        ("Dusk – Radio Edit", "Dusk (Radio Edit)"),
        ("Dusk (Live) (Remastered)", "Dusk (Live)"),
        ("Dusk - Radio Edit - 2011 Remaster", "Dusk (Radio Edit)"),
        ("Dusk (A Cappella)", "Dusk (Acapella)"),
        ("Dusk, Part I", "Dusk, Part 1"),
        ("Dusk, Pt. 2", "Dusk (Part II)"),
        ("Dusk, Part Two", "Dusk part 2"),
        ("Dusk III", "Dusk 3"),
        ("Песня", "ПЕСНЯ"),
        ("夜明け", "夜明け (Remastered)"),
        ("!!!", "!!!"),
    ],
)
def test_one_song_may_be_written_in_many_ways(text: str, other: str) -> None:
    assert measure_distance(text, other) == 0


@each_row(
    "version",
    [
        *("(Live)", "- Live", "[Live at the Pier]", "(En vivo)", "(Unplugged)"),
        *("(Remix)", "(Carl Remix)", "- Carl's Dub", '(12" Mix)', "(Demo)", "(Outtake)"),
        *("(Instrumental)", "(Acoustic)", "(A Cappella)", "(Reprise)", "(Live) (2011 Remaster)"),
    ],
)
def test_another_version_is_another_recording(version: str) -> None:
    assert measure_distance("Dusk", f"Dusk {version}") == WEIGHTS.qualifier


@each_row(
    "version",
    [
        *("(Mono)", "- Radio Edit", "(Single Version)", "(Extended)", "(Alternate Take)"),
        *("(Take 2)", "(Spanish Version)", "(Vera's Version)", "(Short)"),
    ],
)
def test_a_version_that_sounds_much_the_same_costs_little(version: str) -> None:
    assert measure_distance("Dusk", f"Dusk {version}") == WEIGHTS.slight


@each_row(
    ("text", "other", "costs"),
    [
        ("Dusk (Carl Remix)", "Dusk (Mona Remix)", WEIGHTS.slight),
        ("Dusk (French Version)", "Dusk (Spanish Version)", WEIGHTS.slight),
        ("Dusk (Radio Edit)", "Dusk (Extended)", WEIGHTS.slight),
        ("Dusk (Live)", "Dusk (Demo)", WEIGHTS.qualifier),
        ("Dusk (Live)", "Dusk (Acoustic, Live)", WEIGHTS.qualifier),
        ("Dusk (Mono)", "Dusk (Stereo)", WEIGHTS.slight),
    ],
)
def test_two_versions_differ_by_what_they_are_called(text: str, other: str, costs: float) -> None:
    assert measure_distance(text, other) == costs


@each_row(
    ("text", "other"),
    [
        ("Dusk, Part 1", "Dusk, Part 2"),
        ("Dusk, Part I", "Dusk, Part II"),
        ("7 Days", "8 Days"),
        ("Dusk", "Dusk 2"),
        ("Interlude 3", "Interlude 13"),
        ("20 ft Wall", "20 ft Tall"),
    ],
)
def test_parts_and_figures_make_another_song(text: str, other: str) -> None:
    assert measure_distance(text, other) >= WEIGHTS.slight


@each_row(
    "title", ["Live", "(Live)", "Demo", "Live and Let Go", "feat. Carl", "(Remix)", "Mono", "Cover"]
)
def test_a_title_of_a_version_alone_is_a_title(title: str) -> None:
    parsed = titles.parse_title(title)
    assert parsed.key
    assert not parsed.version_kinds
    assert measure_distance(title, title) == 0


@pytest.mark.parametrize("title", ["Dusk (With You)", "Dusk (Undercover)", "Dusk (Part 2)"])
def test_brackets_that_name_no_version_belong_to_the_title(title: str) -> None:
    assert titles.parse_title(title).key != "dusk"


@pytest.mark.parametrize(
    ("text", "other"), [("Balast", "Ballast"), ("Gulls Over Quary Lane", "Gulls Over Quarry Lane")]
)
def test_a_slip_of_the_pen_costs_less_than_another_version(text: str, other: str) -> None:
    assert 0 < measure_distance(text, other) < 0.3


@pytest.mark.parametrize(("text", "other"), [("Rivet", "Thaw"), ("Low Tide", "Six Bells")])
def test_titles_that_have_nothing_in_common_cost_all(text: str, other: str) -> None:
    assert measure_distance(text, other) == 1


def test_a_title_that_was_interrupted_is_nearly_the_same() -> None:
    whole = "The Unbearable Length of the Titles of Songs of the Sea"
    assert 0 < measure_distance(whole[:30], whole) <= WEIGHTS.partial
    assert measure_distance("The", whole) > 0.5


WORK = "Symphony no. 5 in C minor, op. 67"


@pytest.mark.parametrize(
    "movement", ["Andante con moto", "II. Andante con moto", "2. Andante con moto"]
)
def test_a_movement_alone_is_nearly_the_one_of_its_work(movement: str) -> None:
    assert measure_distance(movement, f"{WORK}: II. Andante con moto") <= WEIGHTS.partial


def test_the_numbers_of_movements_are_compared() -> None:
    assert measure_distance("I. Allegro", f"{WORK}: III. Allegro") > 0.5
    assert measure_distance(f"{WORK}: I. Allegro", f"{WORK}: III. Allegro") >= WEIGHTS.figures


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Requiem: Kyrie", "Missa solemnis: Kyrie"),
        ("Symphony no. 5: Andante", "Symphony no. 7: Andante"),
    ],
)
def test_movements_of_one_name_in_two_works_are_two(text: str, other: str) -> None:
    assert measure_distance(text, other) > 0.3


def test_a_work_named_in_other_words_keeps_its_movements() -> None:
    named = "Piano Sonata no. 14 in C-sharp minor, op. 27 no. 2: I. Adagio sostenuto"
    other = "Sonata no. 14: I. Adagio sostenuto"
    assert measure_distance(named, other) < measure_distance(
        named, "Sonata no. 8: I. Adagio sostenuto"
    )


@each_row(("text", "latin"), [("Dusk", True), ("Песня", False), ("夜明け", False), ("1999", True)])
def test_it_is_known_which_titles_are_in_latin_letters(text: str, latin: bool) -> None:
    assert titles.parse_title(text).is_latin is latin


@each_row(
    "piece", ["(", "[({", " - ", " ", "(live)", "feat. ", "part ", ": ", "\ud800", "\0", "1. "]
)
def test_hostile_titles_are_only_titles(piece: str) -> None:
    text = piece * 100_000
    assert len(titles.parse_title(text).key) <= 2000
    assert titles.parse_title(text) == titles.parse_title(text[:1000])


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_distance_is_from_0_to_1_and_none_from_itself(one: str, other: str) -> None:
    assert 0 <= measure_distance(one, other) <= 1
    assert measure_distance(one, one) == 0
