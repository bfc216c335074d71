"""White space where none belongs, letters in the wrong encoding, names of other tracks."""

from tests.recall.library.maker import file_name
from tests.recall.library.model import Album, Track
from tests.recall.plants.ground import FEW, Ground

_SPACES = (
    " {a} {b}", "{a} {b} ", "{a}  {b}", "{a}\t{b}", "{a}\n{b}", "{a}\u200b {b}", "{a}\u00a0{b}",
    "\ufeff{a} {b}",
)  # fmt: skip


def _spaced(text: str, manner: int) -> str:
    """The text with white space put in or around."""
    first, _, rest = text.partition(" ")
    return _SPACES[manner % len(_SPACES)].format(a=first, b=rest or "Again")


def whitespace(ground: Ground, turn: int) -> None:
    """In a title, artist or genre of one track, or in the album and its artist on all tracks."""
    manner = turn // 4
    if turn % 4 == 0:
        album = ground.disc(turn, sizes=FEW)
        name = ("album", "albumartist")[turn // 4 % 2]
        text = _spaced(album.tracks[0].tags[name][0], manner)
        for track in album.tracks:
            track.set(name, text)
        ground.add("whitespace", album, *album.tracks)
        return
    album, track = ground.track(turn)
    name = ("title", "artist", "genres")[turn % 4 - 1]
    text = track.tags[name][0]
    if name == "genres":
        track.set(name, (f"{text} ", f" {text}")[manner % 2])
    elif name == "artist":
        track.set(name, _spaced(text, manner) if " " in text else f"{text} ")
    else:
        track.set(name, _spaced(text, manner))
    ground.add("whitespace", album, track)


_GARBLED = (
    "Blaue Tür und Straße", "Fée du Café", "Canción del Niño", "Żółw i Deszcz", "Ночь и Дождь",
    "Größe der Welt", "El Señor Corazón", "Été sans Fenêtre", "Día de Mañana", "Über den Fluß",
)  # fmt: skip
_RUSSIAN = (
    "Привет",
    "Зимняя Дорога",
    "Последний Поезд",
    "Город Ночью",
    "Тихая Река",
    "Песня Ветра",
)


def garbled(text: str, code: str = "cp1252") -> str:
    """The text written as UTF-8 and read as something else."""
    raw = text.encode()
    return "".join(_read(bytes([byte]), code) for byte in raw)


def _read(byte: bytes, code: str) -> str:
    """One byte, by Latin-1 where the encoding has no letter for it."""
    try:
        return byte.decode(code)
    except UnicodeDecodeError:
        return byte.decode("latin-1")


def mojibake(ground: Ground, turn: int) -> None:
    """UTF-8 read as Windows-1252 once or twice, Cyrillic read as Latin-1, or a lost letter."""
    album, track = ground.track(turn)
    text = _GARBLED[turn % len(_GARBLED)]
    manner = turn % 5
    if manner == 0:
        wrong = garbled(text)
    elif manner == 1:
        wrong = garbled(garbled(text))
    elif manner == 2:
        text = _RUSSIAN[turn % len(_RUSSIAN)]
        wrong = text.encode("cp1251").decode("latin-1")
    elif manner == 3:
        wrong = text[:3] + "\ufffd" + text[4:]
    else:
        wrong = garbled(text, "latin-1")
    _place(album, track, text, wrong, turn)
    ground.add("mojibake", album, track)


def _place(album: Album, track: Track, text: str, wrong: str, turn: int) -> None:
    """In one tag; for the title the file is named as it should be, the album is right elsewhere."""
    name = ("title", "artist", "composer", "album", "albumartist")[turn // 5 % 5]
    if name.startswith("album") and "\ufffd" in wrong:
        name = "title"
    if name.startswith("album"):
        for other in album.tracks:
            other.set(name, text)
    track.set(name, wrong)
    if track.way.v1 is track.tags:
        track.way.v1 = None
    if name == "title":
        number = int(track.tags["track"][0])
        extension = track.name.rsplit(".", 1)[1]
        track.name = f"{number:02d} {text}.{extension}"


_NAMINGS = ("{n:02d} - {t}", "{n:02d} {t}", "1-{n:02d} {t}", "1{n:02d} {t}", "{n:02d} - {a} - {t}")


def filename_tag_mismatch(ground: Ground, turn: int) -> None:
    """Two files that have swapped their names, one with a far number, one with another name."""
    album = ground.disc(turn, latin=turn % 3 != 1)
    naming = _NAMINGS[turn // 3 % len(_NAMINGS)]
    for track in album.tracks:
        number, title = int(track.tags["track"][0]), track.tags["title"][0]
        track.name = file_name(naming, track, number, title)
        if naming.startswith("1"):
            track.set("disc", "1")
    first, second = album.tracks[1], album.tracks[2]
    if turn % 3 == 0 and len(album.tracks) >= 6:
        first.name, second.name = second.name, first.name
        ground.add("filename-tag-mismatch", album, first, second)
        return
    wrong, number, title = first, 2, "Xylophone Quiz"
    if turn % 3 == 1:
        wrong, number = album.tracks[-1], len(album.tracks) + 3
        title = wrong.tags["title"][0]
    wrong.name = file_name(naming, wrong, number, title)
    ground.add("filename-tag-mismatch", album, wrong)
