"""A MusicBrainz catalogue file: load, validate and write it, or generate a catalogue."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.errors import BadSetting
from mediakeep_simulator import sample_artists, sample_discography
from mediakeep_simulator.entities import (
    CatalogueCredit,
    CatalogueGroup,
    CatalogueRecording,
    CatalogueRelease,
    MusicBrainzCatalogue,
)

CATALOGUE_FORMAT = 1

_MBID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class CatalogueFile(MusicBrainzCatalogue, frozen=True, kw_only=True):
    """The content of a MusicBrainz catalogue file."""

    format: int


def build_catalogue(
    artists: Sequence[sample_artists.SampleArtist], seed: int = 1
) -> MusicBrainzCatalogue:
    """Generate the catalogue of the given artists, always the same for the same seed."""
    return sample_discography.generate_catalogue(artists, seed)


def generate_catalogue(
    artists: int = sample_artists.DEFAULT_ARTISTS, tracks: int | None = None, seed: int = 1
) -> MusicBrainzCatalogue:
    """Generate the catalogue of a sample library with this number of artists and tracks."""
    return build_catalogue(sample_artists.generate_artists(artists, tracks, Random(seed)), seed)


def load(path: Path) -> MusicBrainzCatalogue:
    """Read a catalogue file; raise BadSetting, naming the place, if it is invalid."""
    try:
        page = msgspec.json.decode(path.read_bytes(), type=CatalogueFile)
    except (OSError, msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadSetting(path, error) from error
    if page.format != CATALOGUE_FORMAT:
        raise BadSetting(path, f"this catalogue has format {page.format}, not {CATALOGUE_FORMAT}")
    fields = msgspec.structs.asdict(page)
    del fields["format"]
    catalogue = MusicBrainzCatalogue(**fields)
    for problem in _find_problems(catalogue):
        raise BadSetting(path, problem)
    return catalogue


def dump(catalogue: MusicBrainzCatalogue, path: Path) -> None:
    """Write a catalogue file that `load` reads back."""
    page = msgspec.json.encode({"format": CATALOGUE_FORMAT, **msgspec.to_builtins(catalogue)})
    atomic_files.write_atomic(path, msgspec.json.format(page, indent=1) + b"\n")


def _find_problems(catalogue: MusicBrainzCatalogue) -> Iterator[str]:
    """Yield what is wrong with a catalogue: IDs and references."""
    yield from _check_ids(catalogue)
    artists = {artist.id for artist in catalogue.artists}
    groups = {group.id for group in catalogue.groups}
    labels = {label.id for label in catalogue.labels}
    for place, credit in _list_credits(catalogue):
        if credit.artist not in artists:
            yield f"there is no artist {credit.artist} - at `{place}.credits`"
    for number, release in enumerate(catalogue.releases):
        if release.group not in groups:
            yield f"there is no release group {release.group} - at `$.releases[{number}].group`"
        for issuer in release.labels:
            if issuer.label and issuer.label not in labels:
                yield f"there is no label {issuer.label} - at `$.releases[{number}].labels`"
    for old in catalogue.merged:
        if _is_circular(catalogue.merged, old):
            yield f"{old} is merged into itself - at `$.merged`"


def _check_ids(catalogue: MusicBrainzCatalogue) -> Iterator[str]:
    mbids = list(_list_ids(catalogue))
    for place, mbid in mbids:
        if not _MBID_PATTERN.fullmatch(mbid):
            yield f'"{path_text.to_printable(mbid[:80])}" is no MBID - at `{place}`'
    counts = Counter(mbid for place, mbid in mbids if place.endswith(".id"))
    for place, mbid in mbids:
        if counts[mbid] > 1 and place.endswith(".id"):
            yield f"{mbid} occurs {counts[mbid]} times - at `{place}`"


def _list_ids(catalogue: MusicBrainzCatalogue) -> Iterator[tuple[str, str]]:
    for field in ("artists", "labels", "groups", "releases", "recordings"):
        for number, entity in enumerate(getattr(catalogue, field)):
            yield f"$.{field}[{number}].id", entity.id
    for number, release in enumerate(catalogue.releases):
        for disc, medium in enumerate(release.media):
            for place, track in enumerate(medium.tracks):
                where = f"$.releases[{number}].media[{disc}].tracks[{place}]"
                yield f"{where}.id", track.id
                yield f"{where}.recording", track.recording
    for old, new in catalogue.merged.items():
        yield from (("$.merged", old), ("$.merged", new))
    for number, mbid in enumerate(catalogue.deleted):
        yield f"$.deleted[{number}]", mbid


def _list_credits(catalogue: MusicBrainzCatalogue) -> Iterator[tuple[str, CatalogueCredit]]:
    credited: tuple[
        tuple[str, Iterable[CatalogueGroup | CatalogueRelease | CatalogueRecording]], ...
    ] = (
        ("groups", catalogue.groups),
        ("releases", catalogue.releases),
        ("recordings", catalogue.recordings),
    )
    for field, entities in credited:
        for number, entity in enumerate(entities):
            for credit in entity.credits:
                yield f"$.{field}[{number}]", credit
    for number, release in enumerate(catalogue.releases):
        for disc, medium in enumerate(release.media):
            for place, track in enumerate(medium.tracks):
                for credit in track.credits:
                    yield f"$.releases[{number}].media[{disc}].tracks[{place}]", credit


def _is_circular(merged: dict[str, str], start: str) -> bool:
    seen, now = {start}, merged[start]
    while now in merged and now not in seen:
        seen.add(now)
        now = merged[now]
    return now in seen
