"""Look up what the tags of an album lack, once, and keep the result in its working folders.

<name> [1f2e3d4c]_state/enrichment.json   the result
<name> [1f2e3d4c]_state/cover             the picture that was downloaded
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path

import msgspec

from mediakeep import atomic_files
from mediakeep.albums.read_album import SourceAlbum
from mediakeep.outcome import Progress
from mediakeep.workspace.job_files import StateFile, WorkingDirs
from mediakeep.workspace.system_errors import translate_errors


class Enrichment(msgspec.Struct, frozen=True):
    """What was looked up for an album: tags that the tracks lack, and a cover if it has none.

    `fields` are values by field, by the escaped path of the track. `cover_sha256` is "" without a
    cover. `release` names the release that they are from. `reason` is a sentence that says why
    there is nothing, or not all.
    """

    fields: dict[str, dict[str, tuple[str, ...]]] = {}
    cover_sha256: str = ""
    release: str = ""
    reason: str = ""


class FoundTags(Enrichment, frozen=True):
    """The result of a lookup; `cover` is the file of a downloaded picture."""

    cover: str = ""


AlbumLookup = Callable[[SourceAlbum, Progress], FoundTags]
AlbumLookupFactory = Callable[[], AbstractContextManager[AlbumLookup]]
ENRICHMENT = StateFile("enrichment.json", Enrichment)


def look_up_once(
    dirs: WorkingDirs, album: SourceAlbum, look_up: AlbumLookup, progress: Progress
) -> Enrichment:
    """Return what was looked up for an album; the lookup is made if there is no result yet.

    Whatever the result, it stays the same until the album is prepared again.
    """
    if known := ENRICHMENT.load(dirs.state):
        return known
    found = look_up(album, progress)
    digest = ""
    with translate_errors(dirs.state):
        if found.cover:
            picture = Path(found.cover).read_bytes()
            atomic_files.write_atomic(find_cover(dirs), picture)
            digest = sha256(picture).hexdigest()
        result = Enrichment(found.fields, digest, found.release, found.reason)
        ENRICHMENT.save(dirs.state, result)
    return result


def find_cover(dirs: WorkingDirs) -> Path:
    """Return the path of the downloaded cover."""
    return dirs.state / "cover"
