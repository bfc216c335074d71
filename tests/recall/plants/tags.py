"""Tags that are missing, and numbers that are written in an odd manner."""

from tests.recall.library.model import APE, FREE_NUMBERS, ID3
from tests.recall.plants.ground import FEW, Ground, untotalled
from tests.recall.tags.id3 import GENRES

_PLACEHOLDERS = (
    "Unknown", "Other", "misc", "(none)", "N/A", "no genre", "Unclassifiable", "<unknown>", "genre",
    "MP3", "Various", "???", "[unknown]", "Music", "Miscellaneous", "null", "tbd", "General", "--",
)  # fmt: skip


def _without(name: str, ground: Ground, turn: int) -> None:
    """Take the tag away, or leave it blank."""
    album, track = ground.track(turn)
    if turn % 3 == 2:
        track.set(name, "")
    else:
        track.set(name)
    ground.add(f"missing-{name}", album, track)


def missing_title(ground: Ground, turn: int) -> None:
    """No title."""
    _without("title", ground, turn)


def missing_artist(ground: Ground, turn: int) -> None:
    """No artist, though an album artist."""
    _without("artist", ground, turn)


def missing_album(ground: Ground, turn: int) -> None:
    """No album: on one track, or on all."""
    if turn % 4:
        _without("album", ground, turn)
        return
    album = ground.disc(turn, sizes=FEW)
    for track in album.tracks:
        track.set("album")
    ground.add("missing-album", album, *album.tracks)


def missing_albumartist(ground: Ground, turn: int) -> None:
    """No album artist: on one track, or on all."""
    if turn % 4:
        _without("albumartist", ground, turn)
        return
    album = ground.disc(turn, sizes=FEW)
    for track in album.tracks:
        track.set("albumartist")
    ground.add("missing-albumartist", album, *album.tracks)


def missing_date(ground: Ground, turn: int) -> None:
    """No date, or one of zeros."""
    album, track = ground.track(turn)
    if turn % 4 == 0:
        track.set("date", "0000")
    elif turn % 4 == 1:
        track.set("date", "")
    else:
        track.set("date")
    ground.add("missing-date", album, track)


def missing_track_number(ground: Ground, turn: int) -> None:
    """No number on one track, or on all of them, where some keep a total alone."""
    if turn % 4:
        album, track = ground.track(turn)
        ground.add("missing-track-number", album, track.set("track"))
        return
    album = ground.disc(turn, sizes=FEW)
    for track in album.tracks:
        track.set("track").set("track_total", str(len(album.tracks)))
        if track.form == "wma":
            track.set("track_total")
    ground.add("missing-track-number", album, *album.tracks)


def missing_genre(ground: Ground, turn: int) -> None:
    """No genre in a loose track, or in all of an album."""
    if turn % 2:
        album = ground.loose(turn)
        ground.add("missing-genre", album, album.tracks[0].set("genres"))
        return
    album = ground.disc(turn, sizes=FEW)
    for track in album.tracks:
        track.set("genres")
    ground.add("missing-genre", album, *album.tracks)


def placeholder_genre(ground: Ground, turn: int) -> None:
    """A word that stands for none: in one track of a compilation, a loose one, or in all."""
    word = _PLACEHOLDERS[turn % len(_PLACEHOLDERS)]
    if turn % 3 == 0:
        album = ground.disc(turn, sizes=FEW)
        chosen = album.tracks
    else:
        album = ground.loose(turn) if turn % 3 == 1 else ground.compilation(turn)
        chosen = [ground.chance.choice(album.tracks)]
    for track in chosen:
        known = track.tags["genres"] if turn % 5 == 1 and track.form not in ID3 else []
        track.set("genres", *known, word if turn % 4 else word.upper())
    ground.add("placeholder-genre", album, *chosen)


def id3v1_only(ground: Ground, turn: int) -> None:
    """Only the 128 bytes at the end.

    They know no album artist, so that one is missing as well; and no zeros before a number, so no
    other track has any.
    """
    if turn % 3 == 0 and ground.holds("loose", "mp3"):
        album = ground.loose(turn, ("mp3",))
        track = album.tracks[-1]
    else:
        album, track = ground.track(turn, ("mp3",))
    way = track.way
    for other in album.tracks:
        genre = next(name for name in GENRES if name not in {"Other", "Speech"})
        other.set("genres", genre).set("track", other.tags["track"][0].lstrip("0"))
        if len(other.tags["album"][0]) > 30 or not other.tags["album"][0].isascii():
            other.set("album", "A Short Name")
        if len(other.tags["artist"][0]) > 30 or not other.tags["artist"][0].isascii():
            other.set("artist", "Short One")
    track.set("title", f"Plain {turn} Song")
    track.name = f"{track.tags['track'][0]} Plain {turn} Song.mp3"
    way.v2, way.v1, way.ape = False, track.tags, None
    ground.add("id3v1-only", album, track)
    if album.path:
        ground.add("missing-albumartist", album, track)


def tag_conflict(ground: Ground, turn: int) -> None:
    """Two kinds of tags in one file name different texts."""
    album, track = ground.track(turn, ("mp3", "flac", "mp3", "wav", *sorted(APE)))
    name = ("title", "artist", "album", "date")[turn % 4]
    if not track.tags.get(name, [""])[0].isascii():
        name = "date"
    other = {key: list(texts) for key, texts in track.tags.items()}
    other[name] = ["1931"] if name == "date" else ["Quite Another Text"]
    if track.form == "mp3" and turn % 8 >= 4:
        track.way.ape, track.way.v1 = other, None
    else:
        track.way.v1 = other
    ground.add("tag-conflict", album, track)


_FORMS = ("Track {n}", "{n} of {t}", "#{n}", "{n}.", "{n:02d}-{t}", "No. {n}")


def track_number_format(ground: Ground, turn: int) -> None:
    """Words around the number, a stray zero, or the total in the number's own field."""
    manner = turn % 3
    if manner == 0:
        album, track = ground.track(turn, FREE_NUMBERS)
        number, total = int(track.tags["track"][0]), len(album.tracks)
        untotalled(album)
        track.set("track", _FORMS[turn // 3 % len(_FORMS)].format(n=number, t=total))
    elif manner == 1:
        album = ground.disc(turn, FREE_NUMBERS)
        padded = turn % 2 == 0
        for other in album.tracks:
            number = int(other.tags["track"][0])
            other.set("track", f"{number:02d}" if padded else str(number))
        track = album.tracks[ground.chance.randrange(min(9, len(album.tracks)))]
        number = int(track.tags["track"][0])
        track.set("track", str(number) if padded else f"{number:02d}")
    else:
        album, track = ground.track(turn, ("flac", "ogg", "opus"))
        untotalled(album)
        track.set("track", f"{track.tags['track'][0]}/{len(album.tracks)}")
    ground.add("track-number-format", album, track)
