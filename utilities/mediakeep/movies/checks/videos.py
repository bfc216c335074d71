"""Checks of the video files: completeness, resolution, runtime, languages."""

from __future__ import annotations

from mediakeep.media.video.facts import VideoFacts
from mediakeep.movies import languages, wording
from mediakeep.movies.account import Account
from mediakeep.movies.checks import matching
from mediakeep.movies.model import Video

# High definition starts at 1280 x 720. A widescreen frame has fewer lines and a 4:3 frame is
# narrower, so both values must be below, with some tolerance.
_WIDE, _HIGH = 1200, 700
_OFF, _EDITION_OFF = 0.10, 0.40  # shares of the runtime; editions may be much longer
_LEAST = 2  # minutes: TMDb's runtimes are rounded, and films may be short
_SILENT = "xx"  # TMDb's code for no language


def truncated_video(result: Account) -> dict[str, str]:
    """A file is truncated or empty."""
    problems = {}
    for video in result.local.videos:
        if not video.size and not video.trouble:
            problems[video.place] = "it is empty"
        elif video.facts and video.facts.truncated:
            problems[video.place] = video.facts.truncated
    return problems


def unreadable_video(result: Account) -> dict[str, str]:
    """A file cannot be read."""
    return {
        video.place: video.trouble.rstrip(".") for video in result.local.videos if video.trouble
    }


def not_video(result: Account) -> dict[str, str]:
    """A file is named like a video, but has no video stream."""
    return {
        video.place: f"it is {video.facts.container}" if video.facts.container else ""
        for video in result.local.videos
        if video.size and video.facts and _is_judged(video.facts) and not video.facts.video
    }


def no_audio(result: Account) -> dict[str, str]:
    """A video has no audio stream; silent films are skipped."""
    movie = result.identity.movie
    if movie and movie.spoken_languages == (_SILENT,):
        return {}
    return {
        video.place: ""
        for video in result.local.videos
        if video.facts and _is_judged(video.facts) and video.facts.video and not video.facts.audio
    }


def runtime_differs(result: Account) -> str | None:
    """The runtime differs much from TMDb's; the detail names a possible reason."""
    movie, seconds = result.identity.movie, result.local.duration
    if movie is None or not movie.runtime or not seconds or truncated_video(result):
        return None
    minutes, tolerance = seconds / 60, _EDITION_OFF if result.edition else _OFF
    difference = abs(minutes - movie.runtime)
    if difference <= _LEAST or difference <= tolerance * movie.runtime:
        return None
    reason = _reason(result, minutes, movie.runtime)
    return f"{round(minutes)} min, and {movie.runtime} at TMDb{reason}"


def low_resolution(result: Account) -> dict[str, str]:
    """All versions of the movie have less than 720 lines of a 16:9 frame."""
    sizes = {
        video.place: (stream.width, stream.height)
        for video in result.local.videos
        if (stream := wording.picture([video])) and stream.width and stream.height
    }
    if any(width >= _WIDE or height >= _HIGH for width, height in sizes.values()):
        return {}
    return {place: f"{width} x {height} pixels" for place, (width, height) in sizes.items()}


def missing_subtitles(result: Account) -> str | None:
    """There is no audio or subtitle in an expected language; skipped if any has no language."""
    spoken = set(spoken_in(result.local.videos))
    wanted = {languages.code(language) for language in result.languages}
    read = set(subtitled_in(result))
    if not spoken or (wanted | {""}) & (spoken | read):
        return None
    names = " or ".join(map(languages.name, sorted(wanted)))
    return f"it is in {', '.join(map(languages.name, sorted(spoken)))}, without {names} subtitles"


def spoken_in(videos: tuple[Video, ...]) -> list[str]:
    """Return the audio languages as ISO 639-2/B; "" for a track without a language."""
    codes = (track.language for video in videos if video.facts for track in video.facts.audio)
    return list(dict.fromkeys(map(languages.code, codes)))


def subtitled_in(result: Account) -> list[str]:
    """Return the languages of full subtitles, in the videos and in separate files."""
    videos, subtitle_files = result.local.videos, result.local.subtitles
    embedded = [track for video in videos if video.facts for track in video.facts.subtitles]
    codes = [track.language for track in embedded if not track.forced]
    codes += [file.language for file in subtitle_files if "forced" not in file.flags]
    return list(dict.fromkeys(map(languages.code, codes)))


def _is_judged(facts: VideoFacts) -> bool:
    """Return True if all streams of a file were probed, and it is complete."""
    return bool(facts.by) and not facts.truncated


def _reason(result: Account, minutes: float, runtime: int) -> str:
    parts = sorted({video.part for video in result.local.videos if video.part})
    if parts and minutes < runtime:
        what = "parts" if len(parts) > 1 else "part"
        return f": {what} {', '.join(map(str, parts))} may not be all of it"
    if result.edition:
        return f", too far off for the edition {matching.quoted(result.edition)}"
    return ": another cut, a part, or another movie"
