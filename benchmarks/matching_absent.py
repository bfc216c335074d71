"""Albums that no catalogue has, some of which sound much like ones that it has."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from benchmarks import matching_editions as editions
from benchmarks.matching_draft import Draft, Facts, Line
from benchmarks.matching_editions import Song
from benchmarks.matching_shelf import Act
from benchmarks.matching_words import Words
from mediakeep import path_text

_MIXES = ("Favourites", "Mix {year}", "The Best of {name}", "Songs for {who}", "Car Tape")


def draft(act: Act, words: Words, facts: Facts) -> Draft:
    """Make an album of a known artist: a new one, another version of an old one, or a mix."""
    how = words.rng.choice((_new, _tour, _concert, _mix, _instrumental, _rerecording))
    title, songs = how(act, words)
    return _drafted(act.artist.name, title, songs, words.rng)


def draft_unknown_artist(name: str, words: Words) -> Draft:
    """Make an album of an artist whom the catalogue does not have."""
    songs = [editions.song(title, words.rng) for title in words.titles(words.rng.randint(6, 12))]
    return _drafted(name, words.title(), songs, words.rng)


def _drafted(name: str, title: str, songs: list[Song], rng: Random) -> Draft:
    lines = [
        Line(one.title, name, one.length / 1000, 1, place) for place, one in enumerate(songs, 1)
    ]
    date = str(rng.randint(1970, 2022))
    place = path_text.safe_name(title)
    return Draft("absent", path_text.safe_name(name), place, title, name, lines, date)


def _new(act: Act, words: Words) -> tuple[str, list[Song]]:
    rng = words.rng
    return _title(act, words), [
        editions.song(title, rng) for title in words.titles(rng.randint(7, 12))
    ]


def _tour(act: Act, words: Words) -> tuple[str, list[Song]]:
    """Play one album from its first song to its last."""
    work = words.rng.choice(act.works[:4])
    mark = words.rng.choice((" (live)", ""))
    songs = [editions.record_again(song, words.rng, song.title + mark) for song in work.songs]
    title, place = work.group.title, words.family()
    titles = [f"Live in {place}", f"{title}: Live in {place}"]
    if "live twin" not in work.hard:
        titles.append(f"{title} (Live)")
    return words.rng.choice(titles), songs


def _concert(act: Act, words: Words) -> tuple[str, list[Song]]:
    """Play songs of several albums."""
    rng = words.rng
    some = [one for work in act.works[:4] for one in rng.sample(work.songs, 3)]
    songs = [editions.record_again(one, rng) for one in rng.sample(some, len(some))]
    return f"{words.family()} {rng.randint(1970, 2022)}", songs


def _instrumental(act: Act, words: Words) -> tuple[str, list[Song]]:
    """Leave the voice out: everything lasts just as long."""
    work = words.rng.choice(act.works[:4])
    mark = words.rng.choice((" (instrumental)", " (karaoke version)", " [demo]"))
    songs = [replace(song, title=song.title + mark) for song in work.songs]
    return work.group.title + words.rng.choice((mark, "")), songs


def _rerecording(act: Act, words: Words) -> tuple[str, list[Song]]:
    """Record an album again, and say so."""
    work = words.rng.choice(act.works[:4])
    songs = [editions.record_again(song, words.rng, closely=True) for song in work.songs]
    mark = words.rng.choice(("Re-recorded", "Acoustic", "Demos"))
    return f"{work.group.title} ({mark})", songs


def _mix(act: Act, words: Words) -> tuple[str, list[Song]]:
    """Put recordings of several albums together as nobody ever did."""
    rng = words.rng
    some = [one for work in act.works[:4] for one in rng.sample(work.songs, rng.randint(2, 4))]
    best = [work for work in act.works if "best-of" in work.hard]
    if best and rng.random() < 0.5:  # half of them are on a best-of as well
        some = [*rng.sample(best[0].songs, 6), *some[:6]]
        return best[0].group.title, rng.sample(some, len(some))
    title = rng.choice(_MIXES)
    title_ = title.format(year=rng.randint(1990, 2022), name=act.artist.name, who=words.family())
    return title_, rng.sample(some, len(some))


def _title(act: Act, words: Words) -> str:
    """Find a title that the artist has no album of."""
    taken = {work.group.title for work in act.works}
    title = words.title()
    return title if title not in taken else _title(act, words)
