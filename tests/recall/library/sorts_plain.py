"""Healthy albums: plain ones, singles, hidden tracks, live albums, other scripts, odd names."""

import itertools
import unicodedata

from tests.recall.library import words
from tests.recall.library.maker import Maker, Plan, file_name, safe
from tests.recall.library.model import FREE_NUMBERS, Album


def folder(maker: Maker, name: str, year: str) -> str:
    """The album's folder in one of several manners."""
    manner = maker.chance.choice(("{n}", "{n}", "{y} - {n}", "{n} ({y})", "[{y}] {n}"))
    return safe(manner.format(n=safe(name), y=year[:4]))


def plain(maker: Maker, artist: str) -> list[Album]:
    """An album of four tracks or more."""
    chance = maker.chance
    name, year = words.title(chance), maker.year()
    titles = words.several(chance, chance.randint(4, maker.most))
    return [
        maker.album(
            artist, folder(maker, name, year), name, "plain", Plan(titles=titles, date=year)
        )
    ]


def singles(maker: Maker, artist: str) -> list[Album]:
    """A single with its versions, and an EP."""
    chance = maker.chance
    song, year = words.title(chance), maker.year()
    versions = [song, f"{song} (Radio Edit)", f"{song} (Instrumental)", f"{song} [Extended Mix]"]
    single = Plan(titles=versions[: chance.randint(1, 4)], date=year)
    name = f"{words.title(chance)} EP"
    short = Plan(titles=words.several(chance, chance.randint(2, 5)), date=maker.year())
    return [
        maker.album(artist, folder(maker, song, year), song, "singles", single),
        maker.album(artist, folder(maker, name, year), name, "singles", short),
    ]


def hidden(maker: Maker, artist: str) -> list[Album]:
    """A last track that bears 69 or 99, or one that stands behind long silence."""
    chance = maker.chance
    name, year = words.title(chance), maker.year()
    titles = words.several(chance, chance.randint(5, 12))
    silent = chance.random() < 0.4
    last = chance.choice(("Untitled", "Hidden Track", "[untitled]", "(Hidden) Lullaby"))
    titles += ["[silence]", last] if silent else [last]
    made = maker.album(
        artist, folder(maker, name, year), name, "hidden",
        Plan(titles=titles, date=year, totals=False, naming="{n:02d} {t}"),
    )  # fmt: skip
    if not silent:
        track = made.tracks[-1].set("track", chance.choice(("69", "99", "77")))
        track.name = file_name("{n:02d} {t}", track, int(track.tags["track"][0]), last)
    return [made]


def live(maker: Maker, artist: str) -> list[Album]:
    """A studio album, and the same songs on a stage."""
    chance = maker.chance
    name, year = words.title(chance), maker.year()
    titles = words.several(chance, chance.randint(5, 10))
    studio = Plan(titles=titles, date=year)
    later = str(int(year[:4]) + chance.randint(1, 6))
    stage = f"Live in {chance.choice(words.PLACES)}"
    played = chance.sample(titles, len(titles) - 1)
    if chance.random() < 0.5:
        played = [f"{text} (Live)" for text in played]
    if chance.random() < 0.5:
        played = ["Intro", *played, "Encore"]
    concert = Plan(titles=played, date=later)
    return [
        maker.album(artist, folder(maker, name, year), name, "live", studio),
        maker.album(artist, folder(maker, stage, later), stage, "live", concert),
    ]


def scripts(maker: Maker, artist: str) -> list[Album]:
    """An album in another script, its artist as well as its titles."""
    chance = maker.chance
    script = chance.choice(sorted(words.SCRIPTS))
    name, year = words.several(chance, 1, script)[0], maker.year()
    titles = words.several(chance, chance.randint(4, 9), script)
    if script == "french":
        titles = [
            f"{text}\u00a0!" if number % 3 == 0 else text for number, text in enumerate(titles)
        ]
    if script == "japanese":
        titles[0] = f"{titles[0]}\u3000第二章"
    plan = Plan(titles=titles, date=year)
    made = maker.album(artist, folder(maker, name, year), name, "scripts", plan)
    if chance.random() < 0.2:
        for track in made.tracks:
            track.name = unicodedata.normalize("NFD", track.name)
    return [made]


_LONG = " and ".join(f"the {noun.lower()}" for noun in words.NOUNS[:30])
_ODD = (
    "Wait... What!", "(Not) Alone", "Rock & Roll @ 9", "100% Sure", "A+B=C", "Semi;Colon",
    "Tilde ~ Song",
    "#1 Fan", "Money$", "Curly {Brace}", "Back`Tick", "It's Over, Isn't It", "No. 5", "Hash # Tag",
    "Ex—Dash – En", "“Quoted”", "¿Por Qué?", "¡Ya!", "…", "Smile ☺ Again", "Über-Ich", "Caret ^ Up",
)  # fmt: skip


def odd(maker: Maker, artist: str) -> list[Album]:
    """One of: a reading, a single long track, long titles, odd signs, guests, numbers, few tags."""
    chance = maker.chance
    name, year = words.title(chance), maker.year()
    sort = chance.choice(("reading", "alone", "long", "signs", "guests", "numbers", "few"))
    titles = words.several(chance, chance.randint(4, 8))
    plan = Plan(titles=titles, date=year)
    if sort == "reading":
        plan.titles, plan.genre = [f"Chapter {number + 1}" for number in range(9)], "Speech"
    elif sort == "alone":
        plan.titles = [name]
    elif sort == "long":
        plan.titles = [f"{title}, or {_LONG}" for title in titles]
    elif sort == "signs":
        plan.titles, name = chance.sample(_ODD, 8), chance.choice(_ODD)
    elif sort == "numbers":
        plan.titles, name = (
            chance.sample(words.NUMBER_TITLES, 6),
            chance.choice(("1984", "3", "19")),
        )
    made = maker.album(artist, folder(maker, name, year), name, "odd", plan)
    if sort == "guests":
        _guests(maker, made)
    elif sort == "few" and not maker.strict:
        for track in made.tracks:
            track.set("genres").set("track_total")
    return [made]


def _guests(maker: Maker, album: Album) -> None:
    """Name a guest on some tracks, in several manners."""
    manners = ("{a} feat. {g}", "{a} & {g}", "{a} with {g}", "{a} (ft. {g})", "{g}")
    guests = itertools.cycle(maker.chance.sample(words.LAST, 5))
    for track, manner in zip(album.tracks[1:], manners, strict=False):
        guest = f"{maker.chance.choice(words.FIRST)} {next(guests)}"
        track.set("artist", manner.format(a=album.artist, g=guest))
    if album.form != "mp3":
        album.tracks[0].set("artist", album.artist, f"{maker.chance.choice(words.FIRST)} Twain")


def vinyl(maker: Maker, artist: str) -> list[Album]:
    """A record with sides in its numbers, or a cassette with a folder for each side."""
    chance = maker.chance
    name, year = words.title(chance), maker.year()
    form = maker.form(FREE_NUMBERS)
    titles = words.several(chance, chance.randint(6, 12))
    naming = chance.choice(("{t}", "{n:02d} {t}")) if chance.random() < 0.5 else "{t}"
    plan = Plan(form=form, titles=titles, date=year, naming="{t}", totals=False, padded=False)
    made = maker.album(artist, folder(maker, name, year), name, "vinyl", plan)
    half = -(-len(titles) // chance.choice((2, 4)))
    cassette = chance.random() < 0.4
    for number, track in enumerate(made.tracks):
        side, place = "ABCD"[number // half], number % half + 1
        track.set("track", str(place) if cassette else f"{side}{place}")
        if cassette:
            track.folder = f"{made.path}/Side {side}"
            track.name = file_name("{n:02d} {t}", track, place, titles[number])
        elif naming != "{t}":
            track.name = f"{side}{place} {track.name}"
    return [made]


def loose(maker: Maker, artist: str) -> list[Album]:
    """A few tracks of several albums right in the artist's folder."""
    chance = maker.chance
    titles = words.several(chance, chance.randint(2, 5))
    plan = Plan(titles=titles, totals=False, naming="{a} - {t}", cover="all")
    made = maker.album(artist, "", words.title(chance), "loose", plan)
    for number, track in enumerate(made.tracks):
        track.set("album", f"{words.title(chance)} No. {number + 2}")
        track.set("track", str(chance.randint(1, 9))).set("date", maker.year()[:4])
    return [made]
