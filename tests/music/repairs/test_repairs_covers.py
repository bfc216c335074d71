"""The picture in the folder is embedded only if it must be the front cover."""

from __future__ import annotations

from msgspec import structs

from mediakeep.media.audio.model import EmbeddedPicture
from mediakeep.music.model import Album, ImageFile
from mediakeep.music.repairs import covers, safe
from mediakeep.music.repairs.repair import EmbedCover
from tests.music import paper
from tests.music.paper import album, numbered, track
from tests.music.repairs.made import build_artist
from tests.sampling import each_row

PICTURE = EmbeddedPicture(type=3, mime="image/png", size=9, seen="image/png")


def image(name: str, mime: str = "image/jpeg", size: int = 90_000) -> ImageFile:
    return ImageFile(place=f"Dawn/{name}", size=size, mime=mime, width=600, height=600)


def build_album(whole: Album, *names: str | ImageFile) -> Album:
    found = [image(name) if isinstance(name, str) else name for name in names]
    return structs.replace(whole, images=tuple(found))


def list_embedded(whole: Album) -> dict[str, str]:
    """Give the pictures that are embedded, by file name."""
    found = {}
    for repair in safe.plan_repairs(build_artist(whole)):
        assert isinstance(repair.change, EmbedCover)
        assert repair.kinds == ("external-cover-not-embedded",)
        found[repair.place.rpartition("/")[2]] = repair.change.image.removeprefix("Dawn/")
    return found


@each_row(
    "names",
    [
        ("cover.jpg",),
        ("Folder.JPG",),
        ("dawn.png",),
        ("Vera - Dawn.jpg",),
        ("back.jpg", "cover.jpg"),
        ("booklet 1.jpg", "front.png"),
        ("AlbumArtSmall.jpg", "AlbumArt_{1}_Large.jpg"),
    ],
)
def test_a_front_cover_is_known_by_its_name_or_as_the_only_picture(names: tuple[str, ...]) -> None:
    whole = build_album(numbered(1, 2), *names)
    assert set(list_embedded(whole).values()) == {names[-1]}
    assert len(list_embedded(whole)) == 2


@each_row(
    "names",
    [
        ("back.jpg",),
        ("disc.png",),
        ("artist.jpg",),
        ("cover back.jpg",),
        ("01.jpg", "02.jpg"),
        ("AlbumArtSmall.jpg",),
        (),
    ],
)
def test_a_picture_that_may_be_another_is_not_embedded(names: tuple[str, ...]) -> None:
    assert list_embedded(build_album(numbered(1, 2), *names)) == {}


def test_a_name_that_only_resembles_another_picture_is_that_of_a_cover() -> None:
    assert (
        list_embedded(
            build_album(
                numbered(1),
                "Backstreet.jpg",
            )
        )
        != {}
    )


@each_row(
    ("mime", "size", "fits"),
    [
        ("image/png", covers.MAX_EMBEDDED_BYTES, True),
        ("image/jpeg", covers.MAX_EMBEDDED_BYTES + 1, False),
        ("image/gif", 9, False),
        ("image/webp", 9, False),
        ("", 9, False),
    ],
)
def test_only_small_enough_jpeg_and_png_are_embedded(mime: str, size: int, fits: bool) -> None:
    assert covers.MAX_EMBEDDED_BYTES == 5 * 1024 * 1024
    assert bool(list_embedded(build_album(numbered(1), image("cover.x", mime, size)))) is fits


@each_row(("width", "height", "fits"), [(300, 300, True), (0, 0, True), (600, 299, False)])
def test_a_picture_that_is_too_small_is_not_embedded(width: int, height: int, fits: bool) -> None:
    small = structs.replace(image("cover.jpg"), width=width, height=height)
    assert bool(list_embedded(build_album(numbered(1), small))) is fits


def test_a_track_keeps_its_picture_of_any_kind() -> None:
    """A file that is not a picture needs a review."""
    no_picture = structs.replace(PICTURE, seen="")
    whole = album(track(1, name="1"), track(2, name="2", pictures=(no_picture,)))
    assert list_embedded(build_album(whole, "cover.jpg")) == {"1": "cover.jpg"}
    pictured = album(track(1, name="1"), track(2, name="2", pictures=(PICTURE,)))
    assert list_embedded(build_album(pictured, "cover.jpg")) == {}


def test_a_disc_takes_the_cover_of_its_own_folder_before_that_above() -> None:
    whole = album(*paper.disc(1, 1, folder="CD1"), *paper.disc(2, 1, folder="CD2"))
    assert list_embedded(build_album(whole, "CD1/scan.jpg", "cover.jpg")) == {
        "1-1.mp3": "CD1/scan.jpg",
        "2-1.mp3": "cover.jpg",
    }


def test_a_picture_next_to_several_albums_belongs_to_none_for_certain() -> None:
    two = album(track(1, name="1"), track(1, name="2", album="Dusk"))
    assert list_embedded(build_album(two, "cover.jpg")) == {}


def test_formats_that_are_only_read_get_no_picture() -> None:
    mixed = album(track(1, name="1"), track(2, name="2", format="AAC"))
    assert list_embedded(build_album(mixed, "cover.jpg")) == {"1": "cover.jpg"}
