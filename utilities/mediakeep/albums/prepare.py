"""Stages preparing and converting: fill the working folders of an album.

<name> [1f2e3d4c]_state/published.json   what the album has published, and the audio of its source
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.albums import (
    convert_track,
    enrichment,
    measure_loudness,
    report,
)
from mediakeep.albums.album_job import PROCESSED_FILES, PROFILE, AlbumJob
from mediakeep.albums.convert_track import ALREADY_CONVERTED, TrackTask
from mediakeep.albums.enrichment import ENRICHMENT, Enrichment
from mediakeep.albums.item import CLEARED
from mediakeep.albums.measure_loudness import MeasuredTrack, MeasureTask
from mediakeep.albums.plan_album import AlbumPlan, TrackPlan
from mediakeep.albums.read_album import SourceAlbum
from mediakeep.albums.report import TrackRow
from mediakeep.errors import NotAudio, Unreadable, WorkingFilesChanged
from mediakeep.item import SkipReason, Status
from mediakeep.media.audio import essence
from mediakeep.media.ignore_rules import IgnoreRules
from mediakeep.media.transfer import extra_files
from mediakeep.media.transfer.extra_files import ExtraFilesPlan
from mediakeep.outcome import Outcome, PartFailed, Parts, Work
from mediakeep.workspace import (
    disk_space,
    job_files,
    manifest,
    moves,
    output_records,
    verified_copy,
)
from mediakeep.workspace.disk_space import SpaceRequirement
from mediakeep.workspace.job_files import SOURCE_FILES, StateFile, WorkingDirs
from mediakeep.workspace.manifest import Manifest
from mediakeep.workspace.system_errors import translate_errors

_OPUS = "libopus"
_LEAST_WEIGHT = 0.1  # seconds
_FOREIGN_HINT = "Move it away, then run again."


class _Published(msgspec.Struct, frozen=True):
    """The state file: the published tracks, and the hash of the audio by source, escaped."""

    tracks: tuple[TrackRow, ...] = ()
    audio: dict[str, str] = {}


_PUBLISHED = StateFile("published.json", _Published, is_indented=False)


def prepare(job: AlbumJob, work: Work) -> Outcome | Parts:
    """Copy the original to the source folder, and measure its loudness."""
    if work.results is not None:
        return _finish_preparing(job, work)
    album, plan = job.read_plan(job.original)
    if not album.tracks:
        data = {"skip_reason": SkipReason.EMPTY.value, **CLEARED}
        return Outcome(Status.SKIPPED, "its folder contains no audio files", data)
    folder = job.settings.working_dir
    with disk_space.reserve_disk_space(
        folder / disk_space.RESERVATIONS, _list_requirements(job, album, plan)
    ):
        dirs = job.files.create(album.name)
        ENRICHMENT.remove(dirs.state)
        before = SOURCE_FILES.load(dirs.state)
        rules = IgnoreRules.for_folder(job.original, job.ignored)
        copied = verified_copy.copy_to_source(job.original, dirs.source, rules.refuses_link)
        _remove_vanished(dirs, before, copied)
        SOURCE_FILES.save(dirs.state, copied)
        job_files.create_processed_structure(copied, dirs.processed)
    _note_published(job, dirs, plan)
    hashes = _hash_by_path(copied)
    readable = [track for track in plan.tracks if not track.error]
    with_peak = any(map(_has_peak, plan.tracks))
    return Parts(
        tuple(
            MeasureTask(dirs, track.source, hashes[track.source], with_peak) for track in readable
        ),
        measure_loudness.measure_part,
        tuple(max(track.seconds, _LEAST_WEIGHT) for track in readable),
        keep_going=True,
    )


def _note_published(job: AlbumJob, dirs: WorkingDirs, plan: AlbumPlan) -> None:
    """Store what an album has published, and hash the audio in its source folder.

    Nothing is known of an album whose original is the same: the user wants it converted again.
    """
    audio, last = dict[str, str](), None
    if job.item.playback_path and job.item.fingerprint != job.item.working_fingerprint:
        last = report.read_report(job.settings.home, job.item)
    for track in plan.tracks:
        with contextlib.suppress(NotAudio, Unreadable):  # those are converted like a new track
            found = essence.compute_audio_hash(dirs.source / track.source)
            audio[path_text.escape_path(track.source)] = found
    _PUBLISHED.save(dirs.state, _Published(last.tracks if last else (), audio))


def _finish_preparing(job: AlbumJob, work: Work) -> Outcome:
    dirs = job.files.require()
    _note_unmeasured(job, dirs, work.results or ())
    paths = {
        "working_source_path": path_text.escape_path(dirs.source),
        "working_processed_path": path_text.escape_path(dirs.processed),
    }
    facts = {**paths, "profile": job.profile.name, "bytes": dirs.require_source_manifest().size}
    data = {
        **paths,
        "folder": path_text.escape_path(job.relative),
        "working_claim": work.stamp.claim,
        "working_fingerprint": job.item.fingerprint,
    }
    return Outcome(data=data, next_stage="converting", facts=facts)


def _note_unmeasured(job: AlbumJob, dirs: WorkingDirs, results: Sequence[Any]) -> None:
    """Store which tracks could not be measured, so that only a part tries them again.

    A decoder that hangs would otherwise end the stage, and with it the whole album.
    """
    if any(isinstance(result, PartFailed) for result in results):
        hashes = _hash_by_path(dirs.require_source_manifest())
        readable = [track for track in job.read_plan(dirs.source)[1].tracks if not track.error]
        for track, result in zip(readable, results, strict=True):
            if isinstance(result, PartFailed):
                unmeasured = measure_loudness.find_measurement(hashes[track.source])
                unmeasured.save(dirs.state, MeasuredTrack())


def _list_requirements(
    job: AlbumJob, album: SourceAlbum, plan: AlbumPlan
) -> list[SpaceRequirement]:
    working_size = album.size + plan.size
    needed = moves.list_required_space(
        job.settings.working_dir, working_size, job.output, plan.size
    )
    return [*needed, SpaceRequirement(job.archive, album.size)] if job.archive else needed


def _remove_vanished(dirs: WorkingDirs, before: Manifest | None, copied: Manifest) -> None:
    """Remove files from the source folder that the original no longer has.

    `before` is what an earlier copy has finished. Raise WorkingFilesChanged for a file that was
    added to it.
    """
    names = {file.path for file in copied.files}
    old = {file.below(dirs.source) for file in before.files} if before else None
    for path, _ in list(manifest.walk(dirs.source)):
        if path.is_dir() or manifest.relative_path(path, dirs.source) in names:
            continue
        if old is not None and path not in old:
            raise WorkingFilesChanged(path, "it was added", _FOREIGN_HINT)
        with translate_errors(path):
            path.unlink()


def _hash_by_path(copied: Manifest) -> dict[str, str]:
    """Return the hash of each file by its path, not escaped."""
    return {path_text.unescape_path(file.path): file.sha256 for file in copied.files}


def convert(job: AlbumJob, work: Work) -> Outcome | Parts:
    """Convert the tracks in parts, then add the extra files."""
    dirs = job.files.require()
    album, plan = job.read_plan(dirs.source)
    tracks = [track for track in plan.tracks if not track.error]
    if work.results is None and tracks:
        job_files.create_processed_structure(dirs.require_source_manifest(), dirs.processed)
        PROFILE.save(dirs.state, job.profile)
        return Parts(
            tuple(_build_tasks(job, dirs, album, plan)),
            convert_track.convert_track,
            tuple(max(track.seconds, _LEAST_WEIGHT) for track in tracks),
            keep_going=True,
        )
    results = work.results or ()
    failures = {track.source: track.error for track in plan.tracks if track.error}
    is_final = any(track.is_damaged for track in plan.tracks)
    for track, result in zip(tracks, results, strict=True):
        if isinstance(result, PartFailed):
            failures[track.source] = result.message
            is_final |= result.is_final
    failures = {name: _drop_path(why, dirs.source / name) for name, why in failures.items()}
    extra = extra_files.plan_extra_files(dirs.source, plan.outputs, job.is_ignored)
    is_complete = not failures or (job.settings.keep_going and len(failures) < len(plan.tracks))
    report.save_conversion(dirs, plan, extra, failures)
    facts = _count_results(plan, results, failures)
    if not is_complete:
        message = _describe_failures(failures, len(plan.tracks))
        report.write(job, dirs, "failed_convert", message)
        return Outcome(Status.ERROR, message, is_final=is_final, facts=facts)
    _finish_outputs(dirs, plan, extra, failures)
    skipped = facts["skipped"]
    return Outcome(
        message=f"{skipped} of {len(tracks)} tracks: {ALREADY_CONVERTED}" if skipped else "",
        data={"failed_tracks": len(failures)},
        next_stage="archiving",
        facts=facts,
    )


def _build_tasks(
    job: AlbumJob, dirs: WorkingDirs, album: SourceAlbum, plan: AlbumPlan
) -> Iterator[TrackTask]:
    hashes = _hash_by_path(dirs.require_source_manifest())
    sounds, rows = _compare_audio(job, dirs, plan)
    measured = dict(_load_measurements(job, dirs, plan, hashes))
    gains = measure_loudness.build_gains(
        {digest: track for digest, track in measured.items() if track.damage == ""}
    )
    found = _look_up(job, dirs, album)
    cover, cover_sha256 = _choose_cover(found, dirs, album, hashes)
    if not job.settings.processing.enrich:
        cover_sha256 = ""
    for track in plan.tracks:
        if track.error:
            continue
        if track.source not in hashes:
            path = dirs.source / track.source
            raise WorkingFilesChanged(path, "it was added", _FOREIGN_HINT)
        digest = hashes[track.source]
        sound = sounds.get(track.source, "")
        published = rows.get(sound)
        wanted = gains.get(digest, ())
        if not _has_peak(track):
            wanted = tuple(gain for gain in wanted if gain[0].endswith("_gain"))
        yield TrackTask(
            dirs,
            track.source,
            track.output,
            digest,
            job.settings.processing.verify,
            track.parameters,
            wanted,
            found.fields.get(path_text.escape_path(track.source), {}),
            str(cover) if cover_sha256 else "",
            cover_sha256,
            sound,
            published,
            str(path_text.to_path(f"{job.item.playback_path}/{published.output}"))
            if published
            else "",
            is_unmeasured=digest in measured and measured[digest].damage is None,
        )


def _compare_audio(
    job: AlbumJob, dirs: WorkingDirs, plan: AlbumPlan
) -> tuple[dict[str, str], dict[str, TrackRow]]:
    """Return the `sound` of each source, and the published tracks by theirs; see `TrackRow`.

    The sound of a track is its audio, its length, and how it is encoded and verified.
    """
    noted = _PUBLISHED.load(dirs.state) or _Published()
    audio, verify = noted.audio, job.settings.processing.verify
    facts = {
        track.source: (audio[name], track.seconds, track.parameters, verify)
        for track in plan.tracks
        if (name := path_text.escape_path(track.source)) in audio
    }
    sounds = {name: sha256(msgspec.json.encode(one)).hexdigest() for name, one in facts.items()}
    return sounds, {row.sound: row for row in noted.tracks if row.sound}


def _load_measurements(
    job: AlbumJob, dirs: WorkingDirs, plan: AlbumPlan, hashes: dict[str, str]
) -> Iterator[tuple[str, MeasuredTrack]]:
    """Yield the hashes of tracks with what was measured of them, also of damaged ones.

    What an earlier profile did not need, such as peaks, is measured now.
    """
    with_peak = any(map(_has_peak, plan.tracks))
    for track in plan.tracks:
        digest = hashes.get(track.source, "")
        found = measure_loudness.find_measurement(digest).load(dirs.state)
        lacks_peak = found and found.damage == "" and with_peak and found.peak is None
        if digest and (found is None or lacks_peak):
            task = MeasureTask(dirs, track.source, digest, with_peak)
            measure_loudness.measure_part(task, job.progress)
            found = measure_loudness.find_measurement(digest).load(dirs.state)
        if found:
            yield digest, found


def _has_peak(track: TrackPlan) -> bool:
    """Return whether a new file has a field for its true peak, as all but those of Opus."""
    return not (track.parameters and track.parameters.profile.codec == _OPUS)


def _look_up(job: AlbumJob, dirs: WorkingDirs, album: SourceAlbum) -> Enrichment:
    """Return what a lookup finds if it is set."""
    if not (job.settings.processing.enrich and job.look_up):
        return Enrichment()
    return enrichment.look_up_once(dirs, album, job.look_up, job.progress)


def _choose_cover(
    found: Enrichment, dirs: WorkingDirs, album: SourceAlbum, hashes: dict[str, str]
) -> tuple[Path, str]:
    """Return the cover of the folder or the downloaded one, and its hash, or "" without one."""
    if album.cover:
        return album.cover, hashes.get(str(album.cover.relative_to(dirs.source)), "")
    return enrichment.find_cover(dirs), found.cover_sha256


def _count_results(
    plan: AlbumPlan, results: Sequence[Any], failures: dict[str, str]
) -> dict[str, Any]:
    done = [result for result in results if not isinstance(result, PartFailed)]
    return {
        "profile": plan.profile,
        "converted": len(plan.tracks) - len(failures),
        "skipped": sum(bool(result.get("skipped")) for result in done),
        "failed": {path_text.escape_path(name): why for name, why in failures.items()},
    }


def _drop_path(message: str, path: Path) -> str:
    """Return a message about a track without its path in the working folders."""
    text = path_text.display_path(path)
    return message.removeprefix(f"{text} ").replace(text, path_text.display_path(path.name))


def _describe_failures(failures: dict[str, str], total: int) -> str:
    name, why = next(iter(failures.items()))
    return f"{len(failures)} of {total} tracks not converted. {path_text.display_path(name)}: {why}"


def _finish_outputs(
    dirs: WorkingDirs, plan: AlbumPlan, extra: ExtraFilesPlan, failures: dict[str, str]
) -> None:
    """Copy the extra files and record all outputs; raise WorkingFilesChanged if more exist."""
    records = output_records.get_converted_tracks(dirs)
    wanted = {
        path_text.escape_path(track.output) for track in plan.tracks if track.source not in failures
    }
    for name in wanted - set(records):
        path = dirs.processed / path_text.unescape_path(name)
        raise WorkingFilesChanged(path, "it is missing or was changed", "Run again to convert it.")
    with translate_errors(dirs.processed):
        extra_files.copy_extra_files(extra, dirs.processed)
    expected = wanted | {path_text.escape_path(file.target) for file in extra.copied}
    for path, _ in list(manifest.walk(dirs.processed)):
        name = manifest.relative_path(path, dirs.processed)
        if path.is_dir() or name in expected:
            continue
        if name not in records and not _is_temporary(path):
            raise WorkingFilesChanged(path, "it was added", _FOREIGN_HINT)
        with translate_errors(path):
            path.unlink()  # of a track that the album no longer has, or of a killed run
    PROCESSED_FILES.save(dirs.state, manifest.build_manifest(dirs.processed))


def _is_temporary(path: Path) -> bool:
    return path.name.startswith(".") and (".part." in path.name or path.name.endswith(".tmp"))
