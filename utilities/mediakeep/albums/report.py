"""The record of an album's conversion: settings, folders, and a row per track.

<name> [1f2e3d4c]_state/conversion.json   what is not in the records of the outputs
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.albums.album_job import AlbumJob
from mediakeep.albums.enrichment import ENRICHMENT, Enrichment
from mediakeep.albums.item import ALBUMS, AlbumItem
from mediakeep.albums.plan_album import AlbumPlan
from mediakeep.media.transfer.extra_files import ExtraFilesPlan, FileNotCopied
from mediakeep.pages import job_record
from mediakeep.untrusted_files import read_json
from mediakeep.workspace import manifest, output_records
from mediakeep.workspace.job_files import StateFile, WorkingDirs
from mediakeep.workspace.output_records import OutputRecord


class TrackRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A track of the report; paths are relative and escaped. `error` is set if it failed.

    `seconds` is the time that the conversion took, `duration` the length of the new file. `filled`
    are the fields that a lookup has filled. `sound` identifies the audio of the source and how it
    was encoded, and `kept` is set if only the tags of the new file are new. `note` says what may be
    missing in the source.
    """

    source: str
    output: str
    reason: str
    error: str = ""
    source_sha256: str = ""
    settings: Any = None
    encoder: str = ""
    seconds: float = 0.0
    duration: float = 0.0
    size: int = 0
    sha256: str = ""
    samples: int = 0
    sample_rate: int = 0
    source_samples: int = 0
    attempts: int = 0
    verified: str = ""
    sound: str = ""
    kept: bool = False
    filled: tuple[str, ...] = ()
    note: str = ""
    not_carried: tuple[dict[str, str], ...] = ()


class AlbumReport(msgspec.Struct, frozen=True):
    """The report of an album; paths are escaped.

    `release` names the release that missing tags are from, and `lookup_problem` says why there are
    none, or not all.
    """

    album: str
    status: str
    profile: str
    original: str
    archive: str
    output: str
    tracks: tuple[TrackRow, ...]
    not_copied: tuple[dict[str, str], ...] = ()
    message: str = ""
    release: str = ""
    lookup_problem: str = ""
    format: int = 1


class Conversion(msgspec.Struct, frozen=True):
    """The plan of an album and its failures by source, which its records do not contain."""

    tracks: tuple[TrackRow, ...]
    not_copied: tuple[dict[str, str], ...]


_CONVERSION = StateFile("conversion.json", Conversion)


def read_report(home: str, item: AlbumItem) -> AlbumReport | None:
    """Return the last report of an album, or None if it is missing; `home` is escaped."""
    path = path_text.to_path(home) / job_record.find_json(ALBUMS.name, item.output_name)
    return read_json(path, AlbumReport)


def save_conversion(
    dirs: WorkingDirs, plan: AlbumPlan, extra: ExtraFilesPlan, failures: Mapping[str, str]
) -> None:
    """Keep what the report needs in the state folder."""
    rows = tuple(
        TrackRow(
            path_text.escape_path(track.source),
            path_text.escape_path(track.output),
            track.reason,
            failures.get(track.source, ""),
        )
        for track in plan.tracks
    )
    listed = tuple(
        {"path": one.path, "reason": one.reason}
        for one in (*extra.listed, *_list_hidden_files(dirs, plan, extra))
    )
    _CONVERSION.save(dirs.state, Conversion(rows, listed))


def _list_hidden_files(
    dirs: WorkingDirs, plan: AlbumPlan, extra: ExtraFilesPlan
) -> Iterator[FileNotCopied]:
    """Yield the files of the source that are no tracks, and that the listing of folders skips."""
    seen = {path_text.escape_path(track.source) for track in plan.tracks}
    seen.update(manifest.relative_path(file.source, dirs.source) for file in extra.copied)
    seen.update(one.path for one in extra.listed)
    for file in dirs.require_source_manifest().files:
        if file.path not in seen:
            yield FileNotCopied(
                file.path, "it is hidden, ignored, or a file of the operating system"
            )


def write(job: AlbumJob, dirs: WorkingDirs, status: str, message: str = "") -> tuple[TrackRow, ...]:
    """Write both files, each only if it changes, and return the rows of the tracks.

    Nothing is written of an album that was not converted so far.
    """
    conversion = _CONVERSION.load(dirs.state)
    if not conversion:
        return ()
    item, found = job.item, ENRICHMENT.load(dirs.state) or Enrichment()
    built = AlbumReport(
        item.name or job.key,
        status,
        job.used_profile.name,
        item.path,
        item.archive_path,
        item.playback_path,
        tuple(_build_rows(dirs, conversion)),
        conversion.not_copied,
        message,
        found.release,
        found.reason,
    )
    home = path_text.to_path(job.settings.home)
    job_record.write_record(built, home, ALBUMS.name, item.output_name)
    return built.tracks


def _build_rows(dirs: WorkingDirs, conversion: Conversion) -> Iterator[TrackRow]:
    records = output_records.read_records(dirs)
    for row in conversion.tracks:
        record = records.get(row.output)
        yield _add_record(row, record) if record and not row.error else row


def _add_record(row: TrackRow, record: OutputRecord) -> TrackRow:
    known = {
        name: record.facts[name] for name in TrackRow.__struct_fields__ if name in record.facts
    }
    size = {"size": record.size, "sha256": record.sha256}
    return msgspec.convert({**msgspec.to_builtins(row), **known, **size}, TrackRow)
