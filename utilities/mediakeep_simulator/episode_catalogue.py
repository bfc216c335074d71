"""An episode catalogue file: items of archive.org and channels of YouTube; load or generate it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.errors import BadSetting
from mediakeep_simulator.youtube.model import YoutubeSettings

CATALOGUE_FORMAT = 1

_FIRST_DATE = date(2019, 1, 6)


class ArchiveFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of an item: with the content of the file at `path`, or `text`, or made from its name.

    Made content has `size` bytes of noise, as audio if the name ends with .wav. `md5` overrides the
    checksum in the metadata. A `missing` or `private` file is listed but cannot be downloaded.
    """

    name: str
    source: str = "original"
    format: str = "VBR MP3"
    original: str = ""
    size: int = 300_000
    text: str = ""
    path: str = ""
    length: str = ""
    md5: str = ""
    missing: bool = False
    private: bool = False


class ArchiveItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item; `metadata` is served as it is. A `removed` one has empty metadata."""

    identifier: str
    metadata: dict[str, Any] = {}
    files: tuple[ArchiveFile, ...] = ()
    removed: bool = False


class GeneratedItems(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weekly episodes of one collection: a WAV file of `size` bytes, an MP3 file, a transcript."""

    episodes: int
    size: int = 300_000
    collection: str = "simulated-radio-hour"


class EpisodeCatalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of an episode catalogue file."""

    format: int = CATALOGUE_FORMAT
    items: tuple[ArchiveItem, ...] = ()
    generated: GeneratedItems | None = None
    youtube: YoutubeSettings = YoutubeSettings()


def generate_catalogue(
    episodes: int, size: int = 300_000, youtube: YoutubeSettings | None = None
) -> EpisodeCatalogue:
    """Generate a number of episodes, always the same, with audio of this many bytes."""
    items = _generate_items(GeneratedItems(episodes, size))
    return EpisodeCatalogue(items=items, youtube=youtube or YoutubeSettings())


def load(path: Path) -> EpisodeCatalogue:
    """Read an episode catalogue file; raise BadSetting if it is invalid.

    Paths of files are relative to its folder.
    """
    try:
        catalogue = msgspec.json.decode(path.read_bytes(), type=EpisodeCatalogue)
    except (OSError, msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadSetting(path, error) from error
    if catalogue.format != CATALOGUE_FORMAT:
        reason = f"this catalogue has format {catalogue.format}, not {CATALOGUE_FORMAT}"
        raise BadSetting(path, reason)
    generated = _generate_items(catalogue.generated) if catalogue.generated else ()
    items = tuple(_locate_files(item, path.parent.absolute()) for item in catalogue.items)
    for file in (file for item in items for file in item.files):
        if file.path and not Path(file.path).is_file():
            raise BadSetting(path, f"there is no file {file.path} - at `$.items`")
    counts = Counter(item.identifier for item in items + generated)
    for identifier in (identifier for identifier, times in counts.items() if times > 1):
        raise BadSetting(path, f"{identifier} occurs {counts[identifier]} times - at `$.items`")
    return msgspec.structs.replace(catalogue, items=items + generated, generated=None)


def _locate_files(item: ArchiveItem, folder: Path) -> ArchiveItem:
    """Return an item with absolute paths of its own files."""
    replace = msgspec.structs.replace
    files = (
        replace(file, path=str(folder / file.path)) if file.path else file for file in item.files
    )
    return replace(item, files=tuple(files))


def _generate_items(plan: GeneratedItems) -> tuple[ArchiveItem, ...]:
    return tuple(_generate_item(number, plan) for number in range(1, plan.episodes + 1))


def _generate_item(number: int, plan: GeneratedItems) -> ArchiveItem:
    identifier = f"{plan.collection}-{number:04}"
    title, day = f"Episode {number}", _FIRST_DATE + timedelta(weeks=number)
    metadata = {
        "identifier": identifier,
        "mediatype": "audio",
        "collection": [plan.collection, "podcasts"],
        "title": f"{title}: The Simulated Radio Hour",
        "date": day.isoformat(),
        "creator": "Simulated Radio",
        "subject": ["radio", "simulated"],
        "description": f"<p>{title} of a programme that does not exist.</p>",
    }
    sound = f"{identifier}.wav"
    files = (
        ArchiveFile(name=sound, format="WAVE", size=plan.size),
        ArchiveFile(name=f"{identifier}.mp3", source="derivative", original=sound, size=4096),
        ArchiveFile(name=f"{identifier}.txt", format="Text", text=f"This is {title}.\n"),
        ArchiveFile(
            name=f"{identifier}_meta.xml", source="metadata", format="Metadata", text="<metadata/>"
        ),
    )
    return ArchiveItem(identifier=identifier, metadata=metadata, files=files)
