"""Titles of movies: which are the same, which are nearly so, and which are another part."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mediakeep.movies.identify import titles
from mediakeep.movies.identify.weights import WEIGHTS
from tests.sampling import each_row

SAME = [
    ("The Amber Ferry", "the amber ferry"),
    ("The Amber Ferry", "Amber Ferry, The"),
    ("Amber Ferry", "The Amber Ferry"),
    ("Die bernsteinfarbene Fähre", "Bernsteinfarbene Faehre"),
    ("Die bernsteinfarbene Fähre", "Die bernsteinfarbene Fahre"),
    ("Straße der Möwen", "Strasse der Moewen"),
    ("Straße der Möwen", "STRASSE DER MÖWEN"),
    ("L'Orage", "Orage"),
    ("Œuvre noire", "Oeuvre Noire"),
    ("Sørvik", "Sorvik"),
    ("Tom & Marigold", "Tom and Marigold"),
    ("Tom & Marigold", "Tom und Marigold"),
    ("Nightjar II", "Nightjar 2"),
    ("Nightjar Part Two", "Nightjar 2"),
    ("Nightjar: Part II", "Nightjar Teil 2"),
    ("Nightjar: Chapter 3", "Nightjar III"),
    ("Nightjar V", "Nightjar 5"),
    ("Twelve Doors", "12 Doors"),
    ("N.I.G.H.T.", "NIGHT"),
    ("Night-Jar", "Nightjar"),
    ("Don't Wait", "Dont Wait"),
    ("Don\u2019t Wait", "Don't Wait"),
    ("Ame\u0301lie und das Boot", "Amélie und das Boot"),
    ("Что дальше", "что дальше"),
]
PARTS = [
    ("Nightjar", "Nightjar 2"),
    ("Nightjar 2", "Nightjar 3"),
    ("Nightjar II", "Nightjar III"),
    ("Nightjar", "Nightjar Part Two"),
    ("Nightjar 2: The Nest", "Nightjar 3: The Nest"),
    ("Harbour", "Harbour 2049"),
    ("Room 12", "Room 13"),
]


@each_row(("text", "other"), SAME)
def test_titles_are_the_same_however_they_are_spelled(text: str, other: str) -> None:
    assert titles.title_distance(text, other, WEIGHTS) <= WEIGHTS.article
    assert titles.title_distance(other, text, WEIGHTS) <= WEIGHTS.article


@each_row(("text", "other"), PARTS)
def test_another_number_is_another_movie(text: str, other: str) -> None:
    assert titles.title_distance(text, other, WEIGHTS) >= WEIGHTS.sequel


def test_the_first_part_may_be_named_without_its_number() -> None:
    apart = titles.title_distance("Nightjar", "Nightjar: Part One", WEIGHTS)
    assert apart == WEIGHTS.first < 1 - WEIGHTS.bar


def test_a_subtitle_that_is_left_out_is_no_other_title_but_not_the_same_either() -> None:
    apart = titles.title_distance("Marigold", "Marigold: The Return", WEIGHTS)
    assert 1 - WEIGHTS.bar < apart < 1 - WEIGHTS.shown


def test_a_slip_of_the_hand_in_a_long_title_costs_little() -> None:
    assert titles.title_distance("The Amber Ferrry", "The Amber Ferry", WEIGHTS) < 0.12
    assert titles.title_distance("The Ambre Ferry", "The Amber Ferry", WEIGHTS) < 0.12


def test_one_word_that_is_another_makes_another_title() -> None:
    apart = titles.title_distance(
        "The Return of the Quiet Captain", "The Return of the Quiet Heron", WEIGHTS
    )
    assert apart > 1 - WEIGHTS.bar


def test_a_title_that_is_all_number_is_distinguished_from_others() -> None:
    assert titles.title_distance("1917", "1917", WEIGHTS) == 0.0
    assert titles.title_distance("1917", "1971", WEIGHTS) >= WEIGHTS.sequel


def test_a_title_of_no_letters_is_like_nothing() -> None:
    assert titles.title_distance("???", "???", WEIGHTS) == 1.0
    assert titles.title_distance("", "Nightjar", WEIGHTS) == 1.0


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_two_texts_have_a_distance_that_is_the_same_both_ways(one: str, other: str) -> None:
    apart = titles.title_distance(one, other, WEIGHTS)
    assert 0.0 <= apart <= 1.0
    assert apart == titles.title_distance(other, one, WEIGHTS)
