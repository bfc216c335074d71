"""Find the times of a known English text in a recording of it.

1. Speech detection finds the pauses. The text may be cut after each word with punctuation.
2. Pauses are matched with such places, so that the speech between two of them is as long as the
   sounds of the text between them, which are taken to be of equal length. A pause may be within a
   sentence, and a sentence may end without one.
3. pocketsphinx aligns the words of each piece with its sound. A piece in which it fails is tried
   again with wider beams, then together with the pieces after it. If all fail, its words are spread
   over it, and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from mediakeep.errors import ItemFailed
from mediakeep.media.speech import detection, pronunciation, recognition, samples, words
from mediakeep.media.speech.detection import Pause
from mediakeep.media.speech.samples import PcmReader
from mediakeep.media.speech.words import Word

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_PUNCTUATION = re.compile(r"[.,;:!?()\n—–-]")
_BEAMS = (1e-100, 1e-250)
_MAX_JOINED = 3  # pieces
# How pauses and places in the text are matched. Rates of speech vary by the square root of 5 % of
# a second in each second, which is two thirds of a phrase of 4 s.
_REACHES = (9, 40, 1000)  # pauses or places that may be left out between two matches
_VARIANCE, _MIN_VARIANCE = 0.075, 0.03  # for each second, and of any phrase, in square seconds
_LONG_PAUSE_COST, _MAX_PAUSE_COST, _PLACE_COST = 3.0, 1.5, 0.3  # a second, at most; of a place
_DRIFT, _DRIFT_SHARE = 20.0, 0.01  # seconds, and of the length, by which a match may be off


class _Spoken(NamedTuple):
    """What is said of a text: words, their sounds, the token of each, and where it may be cut.

    A place is the number of words before it.
    """

    words: list[str]
    sounds: list[str]
    tokens: list[int]
    places: list[int]


class _Piece(NamedTuple):
    """A place in the text, and its time in seconds."""

    place: int
    time: float


def align(path: Path, text: str) -> tuple[list[Word], int]:
    """Return the words of a text with their times, and the number of those that are guessed."""
    pauses = detection.find_speech_pauses(path)
    if not pauses:
        raise ItemFailed(f"{path.name} not aligned: there is no speech.")
    decoders = [
        recognition.load_decoder(lm=None, bestpath=False, beam=beam, wbeam=beam, pbeam=beam)
        for beam in _BEAMS
    ]
    tokens = list(_WORD.finditer(text))
    spoken = _speak(text, tokens, decoders[0])
    for word, sounds in dict(zip(spoken.words, spoken.sounds, strict=True)).items():
        for decoder in decoders:
            if decoder.lookup_word(word) is None:
                decoder.add_word(word, sounds, False)
    if not spoken.words:
        raise ItemFailed(f"{path.name} not aligned: there is no text.")
    pieces = match_pauses(pauses, spoken.places, [len(one.split()) for one in spoken.sounds])
    reader = PcmReader(samples.decode_speech(path))
    times, guessed = _align_pieces(pieces, spoken, decoders, reader)
    reader.finish()
    ends = [*(token.start() for token in tokens[1:]), len(text)]
    found: dict[int, Word] = {}
    for token, (start, end) in zip(spoken.tokens, times, strict=True):
        shown = " ".join(text[tokens[token].start() : ends[token]].split())
        start = found[token].start if token in found else start
        found[token] = Word(shown, round(start, 3), round(end, 3))
    return list(found.values()), guessed


def match_pauses(
    pauses: Sequence[Pause], places: Sequence[int], sounds: Sequence[int]
) -> list[_Piece]:
    """Return the places in a text that are at pauses; the first and the last of both match.

    `sounds` has the number of sounds of each word.
    """
    total = pauses[-1].spoken
    lengths = [0, *accumulate(sounds)]
    expected = [lengths[place] * total / lengths[-1] for place in places]
    for reach in _REACHES:
        drift = _DRIFT + _DRIFT_SHARE * total if reach < _REACHES[-1] else total
        if path := _find_path(pauses, expected, reach, drift):
            return [_Piece(places[place], pauses[pause].middle) for pause, place in path]
    return [_Piece(places[0], pauses[0].middle), _Piece(places[-1], pauses[-1].middle)]


def _find_path(
    pauses: Sequence[Pause], expected: Sequence[float], reach: int, drift: float
) -> list[tuple[int, int]]:
    """Return the matches of least cost, by dynamic programming; [] if there are none."""
    skipped = [
        0.0,
        *accumulate(min(_MAX_PAUSE_COST, one.length * _LONG_PAUSE_COST) for one in pauses),
    ]
    costs: dict[int, dict[int, float]] = {0: {0: 0.0}}  # by pause and place
    before: dict[tuple[int, int], tuple[int, int]] = {}
    for pause, one in enumerate(pauses[1:], 1):
        costs[pause] = {}
        for place, time in enumerate(expected[1:], 1):
            if abs(one.spoken - time) > drift:
                continue
            options = [
                (
                    cost
                    + (one.spoken - pauses[earlier].spoken - time + expected[last]) ** 2
                    / (_VARIANCE * (time - expected[last]) + _MIN_VARIANCE)
                    + skipped[pause]
                    - skipped[earlier + 1]
                    + _PLACE_COST * (place - last - 1),
                    (earlier, last),
                )
                for earlier in range(max(0, pause - reach), pause)
                for last in range(max(0, place - reach), place)
                if (cost := costs[earlier].get(last)) is not None
            ]
            if options:
                costs[pause][place], before[pause, place] = min(options)
    path = [(len(pauses) - 1, len(expected) - 1)]
    while path[-1] in before:
        path.append(before[path[-1]])
    return path[::-1] if path[-1] == (0, 0) else []


def _align_pieces(
    pieces: Sequence[_Piece], spoken: _Spoken, decoders: Sequence[Any], reader: PcmReader
) -> tuple[list[tuple[float, float]], int]:
    """Return the start and end of each word, and the number of those that are guessed."""
    times: list[tuple[float, float]] = []
    guessed = at = 0
    while at + 1 < len(pieces):
        first = pieces[at]
        tries = [(1, decoders[0]), *((count, decoders[-1]) for count in range(1, _MAX_JOINED + 1))]
        for count, decoder in tries:
            last = pieces[min(at + count, len(pieces) - 1)]
            decoder.set_align_text(" ".join(spoken.words[first.place : last.place]))
            data = reader.read(first.time, last.time)
            found = list(recognition.list_segments(decoder, data, first.time))
            if len(found) == last.place - first.place:
                times += [(start, end) for _, start, end in found]
                at += count
                break
        else:
            last = pieces[at + 1]
            step = (last.time - first.time) / (last.place - first.place)
            borders = [first.time + step * n for n in range(last.place - first.place + 1)]
            times += pairwise(borders)
            guessed += last.place - first.place
            at += 1
    return times, guessed


def _speak(text: str, tokens: Sequence[re.Match[str]], decoder: Any) -> _Spoken:
    """Return what is said of a text; tokens without a sound are left out."""
    spoken = _Spoken([], [], [], [0])
    for number, token in enumerate(tokens):
        for word in pronunciation.split_word(token[0]):
            spoken.words.append(word)
            spoken.sounds.append(pronunciation.find_sounds(word, decoder.lookup_word))
            spoken.tokens.append(number)
        after = tokens[number + 1].start() if number + 1 < len(tokens) else len(text)
        if _PUNCTUATION.search(text, token.end(), after) and len(spoken.words) > spoken.places[-1]:
            spoken.places.append(len(spoken.words))
    if len(spoken.words) > spoken.places[-1]:
        spoken.places.append(len(spoken.words))
    return spoken


def find_chapters(text: str, aligned: Sequence[Word]) -> Iterator[tuple[float, str]]:
    """Yield the start and the title of each heading; one that begins the text starts at 0."""
    at = 0
    for line in text.splitlines():
        title = words.parse_heading(line)
        if title and at < len(aligned):
            yield aligned[at].start if at else 0.0, title
        at += sum(bool(pronunciation.split_word(one)) for one in _WORD.findall(line))
