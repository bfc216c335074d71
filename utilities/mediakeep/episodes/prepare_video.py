"""The stages downloading and converting: from the files of archive.org to a video.

Without its transcript or picture, an episode becomes a video all the same; why is a note of it.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from mediakeep import atomic_files, file_copies, path_text
from mediakeep.episodes.job import (
    AUDIO,
    CAPTIONS,
    DETAILS,
    PICTURE,
    THUMBNAIL,
    TRANSCRIPT,
    EpisodeJob,
    fail_and_resume,
    find_file,
)
from mediakeep.errors import (
    CaptionsRefused,
    DownloadMismatch,
    NotFound,
    PictureRefused,
    Unreadable,
)
from mediakeep.lookups import transfer
from mediakeep.lookups.archive_org.choose_files import PICTURE_SUFFIXES
from mediakeep.media.encoding import captions, still_picture, still_video
from mediakeep.outcome import Outcome, Work
from mediakeep.queue.stage_changes import get_attempts
from mediakeep.workspace import quarantine, stage_worker
from mediakeep.workspace.disk_space import RESERVATIONS, SpaceRequirement, reserve_disk_space

_QUALITY = 90  # of the JPEG of a thumbnail, which may have 2 MB


def download(job: EpisodeJob, work: Work) -> Outcome:
    """Download the audio of an episode, its transcript and its picture."""
    item, options = job.item, job.options
    episode = job.clients.archive.get_episode(item.path, item.audio_name)
    dirs = job.files.create(item.output_name)
    DETAILS.save(dirs.state, episode)
    wanted = {
        AUDIO: episode.audio,
        TRANSCRIPT: episode.transcript if options.captions else None,
        PICTURE: None if options.picture else episode.picture,
    }
    files = {
        dirs.source / f"{name}{file.path.suffix}": file for name, file in wanted.items() if file
    }
    missing = {
        path: size
        for path, file in files.items()
        if (size := transfer.count_missing_bytes(path, file.size))
    }
    needed = [SpaceRequirement(path, size) for path, size in missing.items()]
    notes: dict[str, str] = {}
    with reserve_disk_space(job.settings.working_dir / RESERVATIONS, needed):
        for path in missing:
            try:
                remote = job.clients.archive.build_remote(item.path, files[path])
                transfer.download_file(job.clients.session, remote, path, job.progress)
            except (NotFound, DownloadMismatch) as error:
                if path.stem == AUDIO:
                    _quarantine_mismatch(job, work, path, error)
                    raise
                notes[path.stem] = str(error)
    audio = job.clients.archive.build_remote(item.path, episode.audio)
    paths = {path.stem: path_text.escape_path(path) for path in files if path.is_file()}
    data = {
        "title": item.title or episode.title,
        "date": item.date or episode.date,
        "source_url": audio.url,
        "checksum": f"{audio.algorithm}:{audio.checksum}",
        "audio_size": audio.size,
        "audio_file": paths[AUDIO],
        "transcript_file": paths.get(TRANSCRIPT, ""),
        "steps": notes,
    }
    return Outcome(next_stage="downloaded", data=data)


def _quarantine_mismatch(job: EpisodeJob, work: Work, path: Path, error: Exception) -> None:
    """Move what was downloaded to quarantine after the last attempt."""
    limits = job.settings.state_management.recovery.max_retries
    bad = transfer.name_mismatch(path)
    if bad.is_file() and get_attempts(work.item, work.stage) + 1 >= limits.download:
        quarantine.move_to_quarantine(bad, job.settings.working_dir, str(error))


def convert(job: EpisodeJob, _: Work) -> Outcome:
    """Encode the audio with a picture, and convert the transcript to captions."""
    item, dirs, settings = job.item, job.files.find(), job.options.video
    audio = find_file(item.audio_file)
    if dirs is None or audio is None:
        return fail_and_resume(
            "downloading", "The audio file is missing. The next attempt downloads it again."
        )
    picture, notes = _choose_picture(job, dirs.source)
    video = dirs.processed / f"{item.output_name}.mp4"
    seconds = DETAILS.require(dirs.state).audio.seconds
    needed = [SpaceRequirement(video, round(seconds * settings.channel_bit_rate / 2))]
    with reserve_disk_space(job.settings.working_dir / RESERVATIONS, needed):
        report = stage_worker.build_stoppable_report(job.progress)
        encoded = still_video.encode_still_video(audio, picture, video, settings, report)
    thumbnail = io.BytesIO()
    picture.save(thumbnail, "JPEG", quality=_QUALITY)
    atomic_files.write_atomic(dirs.state / THUMBNAIL, thumbnail.getvalue())
    if transcript := find_file(item.transcript_file):
        try:
            srt = captions.convert_to_srt(transcript, encoded.source_seconds)
            atomic_files.write_atomic(dirs.state / CAPTIONS, srt)
        except (CaptionsRefused, Unreadable) as error:
            notes["captions"] = str(error)
    with video.open("rb") as stream:
        sha256 = file_copies.file_sha256(stream.fileno())
    data = {
        "audio_duration": round(encoded.source_seconds, 3),
        "video_file": path_text.escape_path(video),
        "video_size": encoded.size,
        "video_sha256": sha256,
        "steps": {**item.steps, **notes},
    }
    facts = {"audio_seconds": data["audio_duration"]}
    return Outcome(next_stage="converted", data=data, facts=facts)


def _choose_picture(job: EpisodeJob, source: Path) -> tuple[Any, dict[str, str]]:
    """Return the picture of a video, and a note if that of the item cannot be used."""
    settings, notes, size = job.settings, dict[str, str](), job.options.video.size
    if picture := settings.load_picture():
        return picture, notes
    for path in source.glob(f"{PICTURE}.*"):
        if path.suffix not in PICTURE_SUFFIXES:
            continue  # it is not complete
        try:
            return still_picture.load_picture(path, size), notes
        except (PictureRefused, Unreadable) as error:
            notes[PICTURE] = str(error)
    item, show = job.item, settings.episodes.show
    title = item.title or item.path
    card = still_picture.draw_title_card(title, item.date, show, size=size, font=settings.font)
    return card, notes
