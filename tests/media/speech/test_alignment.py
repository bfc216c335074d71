"""Texts and speech: places and pauses are matched, words have sounds, and captions are grouped."""

from __future__ import annotations

import itertools

from mediakeep.media.speech import alignment, pronunciation
from mediakeep.media.speech.detection import Pause
from mediakeep.media.speech.samples import PcmReader
from mediakeep.media.speech.words import Word, group_captions, parse_heading
from tests.sampling import each_row


def test_pauses_are_matched_with_the_ends_of_sentences() -> None:
    """Of each second of speech 10 sounds; a pause in a sentence, and sentences without one."""
    ends = [0, 20, 50, 60, 100, 130, 190]
    times = [0.0, 2.0, 3.4, 5.0, 10.0, 13.0, 19.0]
    pauses = [Pause(spoken + number, spoken, 1.0) for number, spoken in enumerate(times)]
    pieces = alignment.match_pauses(pauses, ends, [1] * 190)
    assert [(one.place, one.time) for one in pieces] == [
        (end, pauses[number].middle)
        for end, number in ((0, 0), (20, 1), (50, 3), (100, 4), (130, 5), (190, 6))
    ]


def test_a_text_without_punctuation_is_one_piece() -> None:
    pauses = [Pause(float(at), float(at), 0.5) for at in range(30)]
    pieces = alignment.match_pauses(pauses, [0, 300], [1] * 300)
    assert [one.place for one in pieces] == [0, 300]


@each_row(
    "text, words",
    [
        ("Don’t", ["don't"]),
        ("B2", ["b", "two"]),
        ("1984", ["nineteen", "hundred", "eighty", "four"]),
        ("2007", ["two", "thousand", "seven"]),
        (
            "1250340",
            ["one", "million", "two", "hundred", "fifty", "thousand", "three", "hundred", "forty"],
        ),
        ("007", ["zero", "zero", "seven"]),
        ("Café", ["cafe"]),
        ("今", []),
    ],
)
def test_words_that_are_said(text: str, words: list[str]) -> None:
    assert pronunciation.split_word(text) == words


def test_words_that_the_dictionary_lacks_have_sounds() -> None:
    known = {"sun": "S AH N", "flower": "F L AW ER", "g": "JH IY", "p": "P IY", "l": "EH L"}
    sounds_of = {
        word: pronunciation.find_sounds(word, known.get)
        for word in ("sunflower", "sun's", "gpl", "phish", "xyz")
    }
    assert sounds_of == {
        "sunflower": "S AH N F L AW ER",
        "sun's": "S AH N Z",
        "gpl": "JH IY P IY EH L",
        "phish": "F IH SH",
        "xyz": "K S Y Z",
    }


def test_a_reader_holds_only_what_may_be_read_again() -> None:
    second = b"ab" * 16_000
    reader = PcmReader(itertools.repeat(second))
    assert reader.read(0, 1.5) == second + second[:16_000]
    assert reader.read(0.5, 2.5) == second * 2
    assert reader.read(100, 101) == second


def test_captions_end_with_sentences_and_pauses() -> None:
    texts = ["One", "two.", "Three", "four"]
    words = [Word(text, number, number + 0.5) for number, text in enumerate(texts)]
    words.append(Word("five", 9.0, 9.5))
    assert [one.text for one in group_captions(words)] == ["One two.", "Three four", "five"]
    long = [Word("word" * 3, number / 10, number / 10 + 0.1) for number in range(30)]
    assert max(len(one.text) for one in group_captions(long)) <= 84


@each_row("line, title", [("# One", "One"), ("Chapter 2: It", "Chapter 2: It"), ("Partly so.", "")])
def test_headings(line: str, title: str) -> None:
    assert parse_heading(line) == title
