"""Defects of pictures, and sound that is there twice."""

from tests.recall.library.model import Album
from tests.recall.plants.ground import Ground, untotalled
from tests.recall.plants.groups import renumbered
from tests.recall.tags import pictures

_PAGE = b"<html><body>403 Forbidden</body></html>"


def _bare(album: Album) -> None:
    """Take all pictures away."""
    album.images.clear()
    for track in album.tracks:
        track.pictures = []


def missing_cover(ground: Ground, turn: int) -> None:
    """No picture at all, an empty one, a hidden one, or one in a folder that is no disc's."""
    album = ground.disc(turn)
    _bare(album)
    left = ({}, {"cover.jpg": b""}, {".cover.jpg": pictures.jpeg(400, 400)}, {"cover.txt": b"none"})
    album.images = dict(left[turn % 4])
    if turn % 8 == 4:
        album.images = {"Scans/front.jpg": pictures.jpeg(400, 400)}
    ground.add("missing-cover", album)


def cover_not_image(ground: Ground, turn: int) -> None:
    """A saved page or other bytes, in a track or in the folder, alone or beside a real picture."""
    album = ground.disc(turn)
    junk = (_PAGE, b"\0" * 500, b"RIFF\x10\0\0\0WAVE" + bytes(20), b"not a picture " * 20)[turn % 4]
    manner = turn // 4 % 3
    if manner == 0:
        album.images["back.jpg"] = junk
    elif manner == 1:
        _bare(album)
        album.images["cover.jpg"] = junk
    else:
        _bare(album)
        for track in album.tracks:
            track.pictures = [junk]
    ground.add("cover-not-image", album)


def cover_too_small(ground: Ground, turn: int) -> None:
    """All pictures are below 300 dots on one side at least."""
    album = ground.disc(turn)
    sizes = ((100, 100), (299, 299), (299, 600), (640, 200), (75, 75))
    small = (pictures.jpeg if turn % 2 else pictures.png)(*sizes[turn % 5])
    _bare(album)
    for track in album.tracks:
        track.pictures = [small]
    if turn % 3 == 0:
        album.images["cover.jpg"] = pictures.jpeg(200, 200)
    ground.add("cover-too-small", album)


def external_cover_not_embedded(ground: Ground, turn: int) -> None:
    """A good picture beside the tracks, and none in them."""
    album = ground.disc(turn)
    _bare(album)
    kinds = {
        "cover.jpg": pictures.jpeg(500, 500), "folder.png": pictures.png(500, 500),
        "Front.gif": pictures.gif(320, 320), "cover.webp": pictures.webp(400, 400),
        "AlbumArt.jpeg": pictures.jpeg(300, 301),
    }  # fmt: skip
    name = sorted(kinds)[turn % len(kinds)]
    album.images = {name: kinds[name]}
    ground.add("external-cover-not-embedded", album)


def duplicate_track(ground: Ground, turn: int) -> None:
    """The same sound again under another name: in the album, loose, or in another folder."""
    album, track = ground.track(turn)
    untotalled(album)
    again = track.twin()
    manner = turn % 4
    if manner == 0:
        again.set("title", f"Another Name {turn}")
        renumbered(album, again, len(album.tracks) + 1)
        album.tracks.append(again)
    else:
        again.folder, again.pictures = "", []
        again.name = f"Loose Copy {turn} - {track.name}"
        home = Album(album.artist, "", "copy", [again])
        if manner == 2:
            again.folder = home.path = f"{album.path} (copy)"
            again.pictures = [pictures.jpeg(400, 400)]
        elif manner == 3:
            again.set("title", "Some Other Title").set("album", "Best Of").set("date", "2021")
        ground.albums.append(home)
        ground.used.add(id(home))
    ground.either("duplicate-track", album, track, again)


def similar_track(ground: Ground, turn: int) -> None:
    """The same title again, nearly as long, but other sound."""
    album, track = ground.track(turn)
    untotalled(album)
    again = track.twin()
    title = track.tags["title"][0]
    again.set("title", (title, title.upper(), f"{title}!")[turn % 3] if title.isascii() else title)
    renumbered(album, again, len(album.tracks) + 1)
    again.sound += " again"
    album.tracks.append(again)
    ground.either("similar-track", album, track, again)
