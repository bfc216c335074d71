"""Healthy albums: classical, boxes of several discs, editions, and compilations."""

from tests.recall.library import words
from tests.recall.library.maker import Maker, Plan, file_name, safe
from tests.recall.library.model import Album, Track
from tests.recall.library.sorts_plain import folder

_MOVEMENTS = (
    "I. Allegro con brio", "II. Andante", "III. Scherzo: Allegro vivace", "IV. Finale: Presto",
    "I. Adagio sostenuto", "II. Allegretto", "III. Presto agitato", "I. Largo - Allegro",
)  # fmt: skip
_WORKS = ("Sonata", "Symphony", "Quartet", "Concerto", "Suite", "Partita")
_DISC_FOLDERS = (
    "CD{d}",
    "CD {d}",
    "Disc {d}",
    "Disc {d} - {t}",
    "disk {d}",
    "CD0{d}",
    "Digital Media 0{d}",
)


def _movements(maker: Maker, count: int) -> list[str]:
    """Titles of works in movements; a movement's name comes again in another work."""
    chance, titles = maker.chance, []
    bare = chance.random() < 0.3 and not maker.strict
    number = chance.randint(1, 30)
    while len(titles) < count:
        key = chance.choice(("E-flat major", "C minor", "F♯ minor", "B♭ major", "D minor"))
        work = f"{chance.choice(_WORKS)} No. {number} in {key}, Op. {number * 3}"
        number += 1
        for movement in _MOVEMENTS[: chance.choice((3, 4))]:
            titles.append(f"{work}: {movement}" if not bare else f"{movement} (No. {number})")
    return titles[:count]


def classical(maker: Maker, artist: str) -> list[Album]:
    """Works in movements with composer and conductor, on one disc or three."""
    chance = maker.chance
    discs = chance.choice((1, 1, 3))
    titles = _movements(maker, discs * chance.randint(5, 9))
    year = maker.year()
    plan = Plan(
        titles=titles, date=year, genre="Classical", naming="{n:02d} - {t}", totals=False,
        extra={"composer": [words.person(chance)], "conductor": [words.person(chance)]},
    )  # fmt: skip
    name = f"{plan.extra['composer'][0]}: {titles[0].split(':')[0]}"
    made = maker.album(artist, folder(maker, name, year), name, "classical", plan)
    if chance.random() < 0.4:
        soloists = [words.person(chance) for _ in range(3)]
        for number, track in enumerate(made.tracks):
            track.set("artist", soloists[number * 3 // len(made.tracks)])
    if discs > 1:
        split(maker, made, discs, running=False, tagged=True)
    return [made]


def split(maker: Maker, album: Album, discs: int, running: bool, tagged: bool) -> None:
    """Spread the tracks over disc folders; `running` numbers go on from disc to disc."""
    manner = maker.chance.choice(_DISC_FOLDERS)
    size = -(-len(album.tracks) // discs)
    padded = any(track.tags["track"][0].startswith("0") for track in album.tracks)
    for at, track in enumerate(album.tracks):
        disc, number = at // size + 1, at + 1 if running else at % size + 1
        name = manner.format(d=disc, t=("Studio", "Live", "Extras", "Demos")[disc - 1])
        track.folder = f"{album.path}/{name}"
        track.set("track", f"{number:02d}" if padded else str(number)).set("track_total")
        if tagged:
            track.set("disc", str(disc)).set("disc_total", str(discs))
        track.name = file_name("{n:02d} - {t}", track, number, track.tags["title"][0])


def boxes(maker: Maker, artist: str) -> list[Album]:
    """Two to four discs: in folders with numbers from one or running, or flat with disc tags."""
    chance = maker.chance
    name, year, discs = f"{words.title(chance)} (Box Set)", maker.year(), chance.randint(2, 4)
    titles = words.several(chance, discs * chance.randint(3, 7))
    plan = Plan(titles=titles, date=year, totals=False)
    made = maker.album(artist, folder(maker, name, year), name, "boxes", plan)
    manner = chance.choice(("folders", "running", "untagged", "flat", "hundreds"))
    if manner in {"folders", "running", "untagged"}:
        split(maker, made, discs, manner == "running", manner != "untagged")
        return [made]
    size = -(-len(titles) // discs)
    for at, track in enumerate(made.tracks):
        disc, number = at // size + 1, at % size + 1
        track.set("disc", str(disc)).set("disc_total", str(discs)).set("track", str(number))
        naming = "{d}-{n:02d} {t}" if manner == "flat" else "{d}{n:02d} {t}"
        track.name = file_name(naming, track, number, titles[at])
    return [made]


def editions(maker: Maker, artist: str) -> list[Album]:
    """The same album as it came out and again, in two folders or in one, or two parts of one."""
    chance = maker.chance.random()
    if chance < 0.4:
        return together(maker, artist) if chance < 0.2 else volumes(maker, artist)
    return edition(maker, artist, maker.chance.choice(("deluxe", "remaster", "mono", "tree")))


def edition(maker: Maker, artist: str, manner: str) -> list[Album]:
    """Two editions of one album, different in the given manner."""
    chance = maker.chance
    name, year = words.title(chance), maker.year()
    titles = words.several(chance, chance.randint(5, 9))
    first = maker.album(
        artist, folder(maker, name, year), name, "editions", Plan(titles=titles, date=year)
    )
    again = str(int(year[:4]) + 20) if manner in {"deluxe", "remaster"} else year
    label = {"deluxe": "Deluxe Edition", "remaster": "Remastered", "mono": "Mono", "tree": "Japan"}[
        manner
    ]
    other = f"{name} ({label})"
    more = words.several(chance, 3)
    bonus = [f"{text} (Bonus Track)" for text in more] if manner in {"deluxe", "tree"} else []
    extra = {"originaldate": [year[:4]]} if manner == "remaster" else {}
    plan = Plan(titles=titles + bonus, date=again, form=first.form, extra=extra)
    second = maker.album(artist, f"{safe(other)} {again[:4]}", other, "editions", plan)
    for old, new in zip(first.tracks, second.tracks, strict=False):
        if manner in {"deluxe", "tree"}:
            new.sound, new.way = old.sound, old.twin().way
            new.way.v1 = new.way.ape = None
    if manner == "tree":
        for made, leaf in ((first, "Standard"), (second, "Japan")):
            _move(made, f"{safe(name)}/{leaf}")
    return [first, second]


def _move(album: Album, path: str) -> None:
    """Put the album into another folder."""
    for track in album.tracks:
        track.folder = path
    album.path = path


def together(maker: Maker, artist: str) -> list[Album]:
    """Two editions in one folder, told apart by their album tags alone."""
    first, second = edition(maker, artist, maker.chance.choice(("remaster", "mono")))
    return [_joined(first, second)]


def _joined(first: Album, second: Album) -> Album:
    """Put the tracks of the second into the folder of the first."""
    names = {track.name.casefold() for track in first.tracks}
    for track in second.tracks:
        track.folder = first.path
        if track.name.casefold() in names:
            stem, extension = track.name.rsplit(".", 1)
            track.name = f"{stem} (2).{extension}"
    first.tracks += second.tracks
    first.images.update(second.images)
    return first


def volumes(maker: Maker, artist: str) -> list[Album]:
    """Two parts of a series in one folder, whose titles differ by a figure alone."""
    chance = maker.chance
    name, year, form = f"{words.title(chance)} Sessions", maker.year(), maker.form()
    ends = chance.choice(
        ((" Vol. 1", " Vol. 2"), (" I", " II"), (" 1978", " 1979"), (" II", " III"))
    )
    titles = words.several(chance, 10)
    parts = [
        maker.album(
            artist, safe(name), name + end, "editions",
            Plan(titles=titles[at * 5 : at * 5 + 5], date=year, form=form, padded=True),
        )
        for at, end in enumerate(ends)
    ]  # fmt: skip
    return [_joined(*parts)]


def compilations(maker: Maker, artist: str) -> list[Album]:
    """Many artists on one album, a soundtrack, or a mix by one DJ."""
    chance = maker.chance
    manner = chance.choice(("various", "various", "label", "soundtrack", "mix"))
    name, year = f"{words.title(chance)} Vol. {chance.randint(1, 9)}", maker.year()
    titles = words.several(chance, chance.randint(6, 14))
    owner = artist if manner in {"mix", "label"} else "Various Artists"
    extra = {"compilation": ["1"]} if manner != "various" or chance.random() < 0.6 else {}
    plan = Plan(
        titles=titles, date=year, albumartist=owner, extra=extra, naming="{n:02d} {a} - {t}"
    )
    if manner == "soundtrack":
        plan.genre = "Soundtrack"
    made = maker.album(artist, folder(maker, name, year), name, "compilations", plan)
    for number, track in enumerate(made.tracks, 1):
        _guest(maker, track, number, manner)
    return [made]


def _guest(maker: Maker, track: Track, number: int, manner: str) -> None:
    """Give the track an artist of its own, and its own year and genre where that is usual."""
    track.set("artist", words.person(maker.chance))
    track.name = file_name("{n:02d} {a} - {t}", track, number, track.tags["title"][0])
    if manner in {"various", "label"}:
        track.set("date", str(maker.chance.randint(1960, 2000)))
        track.set("genres", maker.chance.choice(("Rock", "Pop", "Disco", "Funk", "Jazz")))
