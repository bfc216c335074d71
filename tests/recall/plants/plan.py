"""The made library with its planted defects."""

import random
from collections.abc import Callable

from tests.recall.library import shelf, sorts_plain
from tests.recall.library.maker import Maker
from tests.recall.library.model import Album
from tests.recall.library.shelf import Sort
from tests.recall.plants import covers, cuts, files, groups, tags, texts
from tests.recall.plants.ground import Ground

Plant = Callable[[Ground, int], None]

PLANTS: dict[str, Plant] = {
    plant.__name__.replace("_", "-"): plant
    for plant in (
        tags.id3v1_only, files.drm_protected, tags.tag_conflict, files.low_bitrate,
        files.unreadable_file, files.empty_file, files.not_audio, cuts.truncated_audio,
        tags.missing_title, tags.missing_artist, tags.missing_album, covers.duplicate_track,
        texts.mojibake, files.wrong_extension, tags.missing_track_number, groups.duplicate_number,
        groups.track_gap, tags.track_number_format, texts.filename_tag_mismatch,
        groups.artist_variation, groups.albumartist_mixed, groups.album_variation,
        tags.missing_albumartist, tags.missing_date, groups.date_mixed, covers.missing_cover,
        covers.cover_not_image, covers.cover_too_small, tags.placeholder_genre, texts.whitespace,
        tags.missing_genre, groups.genre_mixed, covers.external_cover_not_embedded,
        covers.similar_track, groups.mixed_formats, files.name_not_portable,
    )
}  # fmt: skip


def library(tracks: int, seed: int, small: bool) -> list[Album]:
    """Healthy albums without so much as a note, most of them plain; small ones where asked."""
    chance, taken, made = random.Random(seed), set[str](), list[Album]()
    maker = Maker(chance, True, 6 if small else 14)
    share = 0.85 if small else 0.6
    sorts = list(shelf.SORTS.values())
    count, each = 0, max(60, tracks // 100)
    while count < tracks:
        name = shelf.artist_name(chance, taken, chance.choice(("plain", "plain", "scripts")))
        filled, held = list[Album](), 0
        wanted: list[Sort] = [sorts_plain.loose]
        while held < each:
            filled += shelf.fill(maker, name, wanted, taken)
            held = sum(len(album.tracks) for album in filled)
            wanted = [sorts_plain.plain if chance.random() < share else chance.choice(sorts)]
        made += filled
        count += held
    return made


def planted(tracks: int, each: int, seed: int, small: bool = False) -> Ground:
    """A library with so many defects of every kind."""
    ground = Ground(library(tracks, seed, small), random.Random(f"plants {seed}"))
    shift = random.Random(seed).randrange(1000)
    for place, plant in enumerate(PLANTS.values()):
        for turn in range(each):
            plant(ground, turn + (shift + place) % 5 * 12)
    return ground
