"""The worker of episodes: the function of each stage.

An upload is opened in one call, and its session recorded before the next call sends the first byte.
So a killed upload continues; if its session is lost, the video is first looked for in the channel.
What YouTube refuses after that is a note of the episode, as its video exists.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import clock, command_text
from mediakeep.episodes import job, prepare_video
from mediakeep.episodes.item import (
    DONE,
    EpisodeItem,
    get_publication_order,
    name_playlist_step,
)
from mediakeep.episodes.job import (
    CAPTIONS,
    DETAILS,
    THUMBNAIL,
    UPLOAD,
    EpisodeJob,
    RecordedUpload,
    fail_and_resume,
    find_file,
)
from mediakeep.episodes.settings import EpisodeSettings
from mediakeep.errors import RequestRefused, UploadSessionLost, UploadSourceChanged
from mediakeep.item import Status
from mediakeep.lookups.http.models import Secret
from mediakeep.lookups.transfer import UploadSource
from mediakeep.lookups.youtube.model import VideoMetadata, VideoStatus, build_marker
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker
from mediakeep.workspace import stage_worker
from mediakeep.workspace.job_files import WorkingDirs

_POLL = 600.0  # seconds until YouTube is asked again
_DAY = 86_400.0  # seconds until an episode that needs its user is looked at again
_FILES = ("audio_file", "video_file", "transcript_file")
_MISSING = "missing"  # the state of a video that YouTube does not have
_LONG = 15 * 60  # seconds of a video that not all channels may upload


def upload(job: EpisodeJob, _: Work) -> Outcome:
    """Open an upload, or continue the one that is recorded."""
    item, dirs = job.item, job.files.find()
    video = find_file(item.video_file)
    if dirs is None or video is None:
        return fail_and_resume(
            "converting", "The video file is missing. The next attempt converts the audio again."
        )
    source, video_id = UploadSource.from_file(video, item.video_sha256), ""
    if source.size != item.video_size:  # a session is opened for that size
        return fail_and_resume("converting", str(UploadSourceChanged(source.name)))
    marker = build_marker(item.output_name, source.sha256)
    has_expired = False
    session = UPLOAD.load(dirs.state)
    if session and item.upload_opened and session.sha256 == source.sha256:
        try:
            uri = Secret(session.uri, "an upload session")
            video_id = job.youtube.send_upload(uri, source, job.progress)
        except UploadSourceChanged as error:
            return fail_and_resume("converting", str(error))
        except UploadSessionLost:
            UPLOAD.remove(dirs.state)
            has_expired = True
    if not video_id and (session or item.upload_opened):
        video_id = job.youtube.find_upload(marker, item.upload_opened)
    if video_id:
        facts = {"uploaded_bytes": source.size}
        return Outcome(next_stage="uploaded", data={"video_id": video_id}, facts=facts)
    if has_expired:  # the list of the channel may lack a video that has just been received
        why = "The upload session has expired, and the channel does not have the video yet."
        return Outcome(Status.PENDING, f"{why} It is looked for again.", retry_after=_POLL)
    return _open_upload(job, dirs, source, marker)


def _open_upload(job: EpisodeJob, dirs: WorkingDirs, source: UploadSource, marker: str) -> Outcome:
    client, channel = job.youtube, job.clients.channel
    if job.item.audio_duration > _LONG and channel.long_uploads in ("disallowed", "eligible"):
        hint = "Verify the channel at https://www.youtube.com/verify"
        return _wait_for_user(f"The channel takes no videos of more than 15 minutes. {hint}")
    uri = client.open_upload(_describe_video(job, dirs, marker), source)
    UPLOAD.save(dirs.state, RecordedUpload(uri.reveal(), source.sha256))
    first = (job.item.upload_opened or client.get_time()).partition(" ")[0]
    data = {"upload_opened": f"{first} {uri.digest}", "channel": channel.id}  # no two are equal
    return Outcome(next_stage="uploading", data=data)


def _wait_for_user(why: str) -> Outcome:
    return Outcome(Status.PENDING, why, retry_after=_DAY, needs_user=True)


def _describe_video(job: EpisodeJob, dirs: WorkingDirs, marker: str) -> VideoMetadata:
    item, options, episode = job.item, job.options, DETAILS.require(dirs.state)
    origin = f"https://archive.org/details/{item.path}"
    parts = (episode.description.strip(), item.date, origin)
    return VideoMetadata(
        title=item.title or item.path,
        description="\n\n".join(filter(None, parts)),
        marker=marker,
        category=options.category,
        language=options.audio_language,
    )


def finish_upload(job: EpisodeJob, _: Work) -> Outcome:
    """Do the next step after an upload, which is recorded; the last one is the schedule.

    If YouTube does not have the video, or refuses its schedule, the episode waits for its user.
    """
    try:
        return _take_next_step(job)
    except RequestRefused as error:
        if error.reason != "videoNotFound":
            return _wait_for_user(str(error))
        return Outcome(Status.PENDING, str(error), retry_after=_POLL)  # it is new, or was removed


def _take_next_step(job: EpisodeJob) -> Outcome:
    item, options = job.item, job.options
    for name, run in _list_steps(job):
        if name in item.steps:
            continue
        try:
            run()
            note = DONE
        except RequestRefused as error:
            if error.reason == "videoNotFound":
                raise
            note = str(error)
        steps = {**item.steps, name: note}
        added = [one for one in options.playlist_ids if steps.get(name_playlist_step(one)) == DONE]
        data = {"steps": steps, "playlist_ids": added}
        return Outcome(next_stage="uploaded", message=f"{name}: {note}", data=data)
    status = _get_status(job)
    if status.problem and status.upload_status != _MISSING:  # or it is not listed yet
        return _report_problem(job, status)
    if not options.schedule.every:
        if status.privacy_status == "public":  # the user has published it
            return Outcome(next_stage="scheduled")
        hint = command_text.format_command("migrate_episodes.py schedule", None, "--every week")
        why = f"The video is private, and no schedule is set. Run: {hint}"
        return Outcome(Status.PENDING, why, retry_after=_DAY)
    schedule, now = options.schedule, clock.now()
    place, at = get_publication_order(item), schedule.time_of_day
    slot = job.clients.slots.take(item.output_name, place, schedule.interval, at, now)
    job.youtube.schedule_video(item.video_id, slot)
    return Outcome(next_stage="scheduled", data={"scheduled_date": clock.format_iso(slot)})


def _list_steps(job: EpisodeJob) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the steps of an episode after its upload, by name."""
    client, video_id, options = job.youtube, job.item.video_id, job.options
    for playlist in options.playlist_ids:
        yield name_playlist_step(playlist), partial(client.add_to_playlist, video_id, playlist)
    if options.thumbnails and (picture := _find_state_file(job, THUMBNAIL)):
        yield "thumbnail", lambda: client.set_thumbnail(video_id, picture.read_bytes())
    language = options.audio_language
    if options.captions and language and (srt := _find_state_file(job, CAPTIONS)):
        yield "captions", lambda: client.insert_captions(video_id, language, srt.read_bytes())


def _find_state_file(job: EpisodeJob, name: str) -> Path | None:
    dirs = job.files.find()
    path = dirs.state / name if dirs else None
    return path if path and path.is_file() else None


def _get_status(job: EpisodeJob) -> VideoStatus:
    """Return the status of a video; an empty one if YouTube does not have it."""
    video_id = job.item.video_id
    return job.youtube.get_statuses([video_id]).get(video_id, VideoStatus(_MISSING))


def _report_problem(job: EpisodeJob, status: VideoStatus) -> Outcome:
    return _wait_for_user(
        f"YouTube: video {job.item.video_id} is {status.problem}. Look at it in YouTube Studio."
    )


def publish(job: EpisodeJob, _: Work) -> Outcome:
    """End the episode if its video is public, and remove its working files."""
    item, status = job.item, _get_status(job)
    if status.problem:
        return _report_problem(job, status)
    if status.privacy_status == "public":
        if not job.options.keep_working:
            job.files.remove()
        kept = {} if job.options.keep_working else dict.fromkeys(_FILES, "")
        times = filter(None, (item.scheduled_date, clock.format_iso(clock.now())))
        data = {"published_date": min(times), **kept}
        return Outcome(message=f"https://youtu.be/{item.video_id}", data=data)
    wait, local = _POLL, "soon"
    if item.scheduled_date:
        due = datetime.fromisoformat(item.scheduled_date)
        wait = max((due - clock.now()).total_seconds(), _POLL)
        local = clock.format_local(item.scheduled_date)
    return Outcome(
        Status.PENDING, f"The video will be public at {local} (local time).", retry_after=wait
    )


def _begin(stage: str) -> Callable[[EpisodeJob, Work], Outcome]:
    """Return the function of a stage that ends at once, so that each state is recorded."""
    return lambda *_: Outcome(next_stage=stage)


_STAGES: Mapping[str, Callable[[EpisodeJob, Work], Outcome | Parts]] = {
    "discovered": _begin("downloading"),
    "downloading": prepare_video.download,
    "downloaded": _begin("converting"),
    "converting": prepare_video.convert,
    "converted": _begin("uploading"),
    "uploading": upload,
    "uploaded": finish_upload,
    "scheduled": publish,
}


@contextlib.contextmanager
def open_worker(values: Mapping[str, Any]) -> Iterator[Worker]:
    """Yield the worker of episodes; `values` are the settings as plain data."""
    settings = msgspec.convert(values, EpisodeSettings)
    with contextlib.closing(job.open_clients(settings)) as clients:
        slots = clients.slots if settings.episodes.schedule.every else None

        def build_job(work: Work, progress: Progress) -> EpisodeJob:
            assert isinstance(work.item, EpisodeItem)
            clients.progress = progress
            return EpisodeJob(work.item, settings, clients, progress)

        def announce(job: EpisodeJob, work: Work) -> None:
            if slots and work.stage != "scheduled":
                slots.announce(job.item.output_name, get_publication_order(job.item), clock.now())

        with stage_worker.open_worker(build_job, _STAGES, lambda *_: Outcome(), announce) as run:

            def work(work: Work, progress: Progress) -> Outcome | Parts:
                began = time.monotonic()
                outcome = run(work, progress)
                assert isinstance(work.item, EpisodeItem)
                if not isinstance(outcome, Outcome) or outcome.state is not Status.COMPLETED:
                    if slots:
                        slots.withdraw(work.item.output_name)
                    return outcome
                seconds = work.item.processing_time + time.monotonic() - began
                data = {**outcome.data, "processing_time": round(seconds, 3)}
                return structs.replace(outcome, data=data)

            yield work
