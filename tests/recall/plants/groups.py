"""Defects in the order of an album's tracks, and in what they should share."""

from tests.recall.library import words
from tests.recall.library.maker import file_name
from tests.recall.library.model import Album, Track, Way
from tests.recall.plants.ground import FORMS, MANY, Ground, untotalled
from tests.recall.tags.id3 import Style


def _numbered(album: Album) -> None:
    """Name all files by number and title."""
    for track in album.tracks:
        number = int(track.tags["track"][0])
        track.name = file_name("{n:02d} {t}", track, number, track.tags["title"][0])


def renumbered(album: Album, track: Track, number: int) -> None:
    """Give the track another number, in its name as well."""
    padded = album.tracks[0].tags["track"][0].startswith("0")
    track.set("track", f"{number:02d}" if padded else str(number))
    track.name = file_name("{n:02d} {t}", track, number, track.tags["title"][0])


def _two_discs(album: Album) -> list[Track]:
    """Make two discs of it, flat, told apart by tags; the answer is the second disc's tracks."""
    half = len(album.tracks) // 2
    for at, track in enumerate(album.tracks):
        track.set("disc", str(1 + at // half if at < 2 * half else 2)).set("disc_total", "2")
        number = at % half + 1 if at < 2 * half else half + 1
        renumbered(album, track, number)
        track.name = f"{track.tags['disc'][0]}-{track.name}"
    return album.tracks[half:]


def duplicate_number(ground: Ground, turn: int) -> None:
    """The last track of its disc bears a number that another has already."""
    album = ground.disc(turn, sizes=range(6, 99) if turn % 3 == 2 else MANY)
    untotalled(album)
    _numbered(album)
    disc = _two_discs(album) if turn % 3 == 2 else album.tracks
    taken = ground.chance.randint(1, len(disc) - 1)
    start = disc[-1].name.startswith("2-")
    renumbered(album, disc[-1], taken)
    if start:
        disc[-1].name = f"2-{disc[-1].name}"
    ground.add("duplicate-number", album)


def track_gap(ground: Ground, turn: int) -> None:
    """A track is gone: in the middle, the first, the last of the total, or on the second disc."""
    manner = turn % 5
    album = ground.disc(turn, sizes=range(8, 99) if manner == 4 else MANY)
    untotalled(album)
    count = len(album.tracks)
    if manner == 0:
        del album.tracks[0 if album.tracks[1].pictures else 1]
    elif manner == 1:
        del album.tracks[ground.chance.randint(1, count - 2)]
    elif manner == 2:
        for track in album.tracks:
            track.set("track_total", str(count))
        del album.tracks[-1 if album.form != "wma" else -2]
    elif manner == 3:
        _numbered(album)
        renumbered(album, album.tracks[-1], count + 2)
    else:
        album.tracks.remove(ground.chance.choice(_two_discs(album)[1:-1]))
    ground.add("track-gap", album)


def _respelt(name: str, manner: int) -> str:
    """The name in other letters that are loosely the same."""
    if manner % 5 == 0 and name.isascii():
        return name.upper()
    if manner % 5 == 1:
        return name[4:] + ", The" if name.startswith("The ") else f"The {name}"
    if manner % 5 == 2 and " " in name:
        return "-".join(name.rsplit(" ", 1))
    if manner % 5 == 3 and any(letter in name for letter in "aeo"):
        letter = next(letter for letter in name if letter in "aeo")
        return name.replace(letter, {"a": "á", "e": "é", "o": "ö"}[letter], 1)
    return f"{name}."


def artist_variation(ground: Ground, turn: int) -> None:
    """A track or an album spells its artist in another way; at most once in a folder."""
    while True:
        album, track = ground.track(turn)
        name = track.tags["artist"][0]
        if album.artist not in ground.named and name == album.artist:
            break
    ground.named.add(album.artist)
    for other in album.tracks if turn % 4 == 3 else [track]:
        other.set("artist", _respelt(name, turn))
        if turn % 4 == 3:
            other.set("albumartist", _respelt(name, turn))
    ground.whole("artist-variation", album)


def albumartist_mixed(ground: Ground, turn: int) -> None:
    """Some tracks name another album artist."""
    album = ground.disc(turn)
    for track in album.tracks[: turn % 3 + 1]:
        track.set("albumartist", f"Guest {words.person(ground.chance)}")
    ground.add("albumartist-mixed", album)


def album_variation(ground: Ground, turn: int) -> None:
    """The album's title in other letters, with a disc at its end, or with a slip of the pen."""
    manner = turn % 3
    album = ground.disc(turn, latin=True)
    name = f"{words.title(ground.chance)} Collected"
    for track in album.tracks:
        track.set("album", name)
    if manner == 0:
        ground.chance.choice(album.tracks).set("album", _respelt(name, turn // 3))
    elif manner == 1:
        _discs(album, name, turn)
    else:
        slip = {0: "Colected", 1: "Collekted", 2: "Collectted", 3: "Cullectad"}[turn // 3 % 4]
        ground.chance.choice(album.tracks).set("album", name.replace("Collected", slip))
    ground.add("album-variation", album)


def _discs(album: Album, name: str, turn: int) -> None:
    """Two disc folders whose tracks bear the disc in the album's title."""
    ends = ((" (Disc 1)", " (Disc 2)"), (" [CD1]", " [CD2]"), ("", " (CD 2)"))[turn // 3 % 3]
    half = len(album.tracks) // 2
    untotalled(album)
    for at, track in enumerate(album.tracks):
        disc = at // half if at < 2 * half else 1
        number = at - disc * half + 1
        track.set("album", name + ends[disc]).set("track", str(number)).set("disc", str(disc + 1))
        track.folder = f"{album.path}/CD{disc + 1}"
        track.name = file_name("{n:02d} {t}", track, number, track.tags["title"][0])


def date_mixed(ground: Ground, turn: int) -> None:
    """A few tracks bear another year."""
    album = ground.disc(turn)
    year = int(album.tracks[0].tags["date"][0][:4])
    chosen = ground.chance.sample(album.tracks, max(1, len(album.tracks) // 4))
    for track in chosen:
        track.set("date", str(year + turn % 5 + 1))
    ground.add("date-mixed", album)


def genre_mixed(ground: Ground, turn: int) -> None:
    """One track names another genre, or one more."""
    album, track = ground.track(turn)
    known = track.tags["genres"][0]
    track.set("genres", *(["Zydeco"] if turn % 2 else [known, "Zydeco"]))
    ground.add("genre-mixed", album)


def mixed_formats(ground: Ground, turn: int) -> None:
    """One track, or half of them, in another format."""
    album = ground.disc(turn, FORMS)
    others = [
        form for form in ("mp3", "flac", "alac", "m4a", "ogg", "opus", "wma") if form != album.form
    ]
    form = others[turn % len(others)]
    chosen = album.tracks[1:2] if turn % 2 else album.tracks[1 : len(album.tracks) // 2 + 1]
    for track in chosen:
        number = int(track.tags["track"][0])
        track.form, track.way = form, Way(Style(3))
        track.name = file_name("{n:02d} {t}", track, number, track.tags["title"][0])
    ground.add("mixed-formats", album)
