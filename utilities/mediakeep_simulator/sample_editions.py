"""Generate the editions of an album of the sample library."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from mediakeep_simulator import factories
from mediakeep_simulator.entities import (
    CatalogueCover,
    CatalogueGroup,
    CatalogueLabelInfo,
    CatalogueRelease,
)
from mediakeep_simulator.sample_artists import SampleAlbum

COUNTRIES = ("GB", "US", "DE", "FR", "JP", "XE", "XW")
LABELS = tuple(
    map(factories.make_label, ("Ninth Kettle", "Lantern Tide", "Rookery", "Paper Anchor"))
)
LATEST_YEAR = 2024

_COVER_CHOICES = (
    CatalogueCover(back=True, count=2),
    CatalogueCover(),
    CatalogueCover(),
    CatalogueCover(back=True, count=5),
    None,
)


class Pressing(NamedTuple):
    """What identifies an edition of an album, such as its barcode; `date` is a year."""

    date: str
    barcode: str
    label: str
    catalogue_number: str


def generate_editions(
    group: CatalogueGroup, album: SampleAlbum, seed: int
) -> Iterator[CatalogueRelease]:
    """Generate the editions of an album, always the same for the same album and seed.

    Some are from the year of the first edition, and differ only in country and label.
    """
    rng = Random(f"{seed}-{group.id}")
    for number in range(1, max(album.edition, rng.randint(1, 8)) + 1):
        year = min(album.year + (number - 1) * rng.choice((0, 0, 1, 2, 4, 6)), LATEST_YEAR)
        label = rng.choice(LABELS)
        discs = _lay_out_discs(album, number, rng)
        yield factories.make_release(
            group,
            discs,
            edition=number,
            formats=[_medium_format(year, number)] * len(discs),
            country=COUNTRIES[(number - 1) % len(COUNTRIES)],
            date=_generate_date(year, number, rng) if number < 7 else "",
            status="Promotion" if number == 6 else "Official",
            barcode=_generate_barcode(rng) if number % 3 else "",
            labels=(
                CatalogueLabelInfo(label.id, f"{label.name[:2].upper()} {rng.randint(100, 999)}"),
            ),
            cover=rng.choice(_COVER_CHOICES),
        )


def owned_pressing(artist: str, album: SampleAlbum, seed: int) -> Pressing:
    """Return the data printed on the edition of an album that the sample library contains."""
    group = factories.make_group(factories.make_artist(artist), album.title)
    release = list(generate_editions(group, album, seed))[album.edition - 1]
    (issuer,) = release.labels
    label = next(label.name for label in LABELS if label.id == issuer.label)
    return Pressing(release.date[:4], release.barcode, label, issuer.catalogue_number)


def _generate_date(year: int, number: int, rng: Random) -> str:
    """Return the release date of the edition with this number; earlier editions come first."""
    return f"{year}-{2 * number - rng.randint(0, 1):02}-{rng.randint(1, 28):02}"


def _generate_barcode(rng: Random) -> str:
    """Generate a UPC of twelve digits, the last of which is a check digit."""
    digits = f"{rng.randrange(10**11):011}"
    weighed = 3 * sum(map(int, digits[::2])) + sum(map(int, digits[1::2]))
    return f"{digits}{-weighed % 10}"


def _lay_out_discs(album: SampleAlbum, number: int, rng: Random) -> list[tuple[str, ...]]:
    """Return the track titles of each disc of an edition.

    Editions differ: original, with bonus tracks, or with a second disc.
    """
    bonus = tuple(f"{title} (demo)" for title in album.tracks[: rng.randint(1, 3)])
    if number % 4 == 3:
        return [(*album.tracks, *bonus)]
    if number % 4 == 0:
        return [album.tracks, bonus]
    return [album.tracks]


def _medium_format(year: int, number: int) -> str:
    if number % 5 == 0:
        return "Digital Media" if year > 2003 else "Cassette"
    return '12" Vinyl' if year < 1986 else "CD"
