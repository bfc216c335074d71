"""Check the video files of a movie: completeness, resolution, runtime, languages.

Each check returns the issue's detail text or None; checks of files return details by path.
"""

from __future__ import annotations

from mediakeep.media.video.model import VideoInfo
from mediakeep.movies import language_names, media_text
from mediakeep.movies.checks import identity
from mediakeep.movies.model import MovieVideo
from mediakeep.movies.result import MovieResult

# High definition starts at 1280 x 720. A widescreen frame has fewer lines and a 4:3 frame is
# narrower, so both values must be below, with some tolerance.
_MIN_WIDTH, _MIN_HEIGHT = 1200, 700
_TOLERANCE, _EDITION_TOLERANCE = 0.10, 0.40  # shares of the runtime; editions may be much longer
_MIN_DIFFERENCE = 2  # minutes: TMDb's runtimes are rounded, and films may be short
_NO_LANGUAGE = "xx"  # TMDb's code for no language


def check_truncated_video(result: MovieResult) -> dict[str, str]:
    """Return a detail for each video file that is truncated or empty, by path."""
    problems = {}
    for video in result.local.videos:
        if not video.size and not video.trouble:
            problems[video.place] = "it is empty"
        elif video.facts and video.facts.truncated:
            problems[video.place] = video.facts.truncated
    return problems


def check_unreadable_video(result: MovieResult) -> dict[str, str]:
    """Return a detail for each video file that cannot be read, by path."""
    return {
        video.place: video.trouble.rstrip(".") for video in result.local.videos if video.trouble
    }


def check_not_video(result: MovieResult) -> dict[str, str]:
    """Return a detail for each file that is named like a video but has no video stream, by path."""
    return {
        video.place: f"it is {video.facts.container}" if video.facts.container else ""
        for video in result.local.videos
        if video.size and video.facts and _is_fully_probed(video.facts) and not video.facts.video
    }


def check_no_audio(result: MovieResult) -> dict[str, str]:
    """Return a detail for each video without an audio stream, by path; skip silent films."""
    movie = result.identity.movie
    if movie and movie.spoken_languages == (_NO_LANGUAGE,):
        return {}
    return {
        video.place: ""
        for video in result.local.videos
        if video.facts
        and _is_fully_probed(video.facts)
        and video.facts.video
        and not video.facts.audio
    }


def check_runtime_differs(result: MovieResult) -> str | None:
    """Return a detail if the runtime differs much from TMDb's; it names a possible reason."""
    movie, seconds = result.identity.movie, result.local.duration
    if movie is None or not movie.runtime or not seconds or check_truncated_video(result):
        return None
    minutes, tolerance = seconds / 60, _EDITION_TOLERANCE if result.edition else _TOLERANCE
    difference = abs(minutes - movie.runtime)
    if difference <= _MIN_DIFFERENCE or difference <= tolerance * movie.runtime:
        return None
    reason = _explain_difference(result, minutes, movie.runtime)
    return f"{round(minutes)} min, and {movie.runtime} at TMDb{reason}"


def check_low_resolution(result: MovieResult) -> dict[str, str]:
    """Return a detail for each video, by path, if all versions have a low resolution.

    Low means less than 720 lines of a 16:9 frame.
    """
    sizes = {
        video.place: (stream.width, stream.height)
        for video in result.local.videos
        if (stream := media_text.largest_video_stream([video])) and stream.width and stream.height
    }
    if any(width >= _MIN_WIDTH or height >= _MIN_HEIGHT for width, height in sizes.values()):
        return {}
    return {place: f"{width} x {height} pixels" for place, (width, height) in sizes.items()}


def check_missing_subtitles(result: MovieResult) -> str | None:
    """Return a detail if no audio or subtitle is in an expected language.

    The check is skipped if the language of any stream is unknown.
    """
    spoken = set(audio_languages(result.local.videos))
    wanted = {language_names.language_code(language) for language in result.expected_languages}
    read = set(subtitle_languages(result))
    if not spoken or (wanted | {""}) & (spoken | read):
        return None
    names = " or ".join(map(language_names.language_name, sorted(wanted)))
    audio_names = ", ".join(map(language_names.language_name, sorted(spoken)))
    return f"it is in {audio_names}, without {names} subtitles"


def audio_languages(videos: tuple[MovieVideo, ...]) -> list[str]:
    """Return the languages of all audio streams as ISO 639-2/B, "" if a stream has none."""
    codes = (track.language for video in videos if video.facts for track in video.facts.audio)
    return list(dict.fromkeys(map(language_names.language_code, codes)))


def subtitle_languages(result: MovieResult) -> list[str]:
    """Return the languages of full subtitles, in the videos and in separate files."""
    videos, subtitle_files = result.local.videos, result.local.subtitles
    embedded = [track for video in videos if video.facts for track in video.facts.subtitles]
    codes = [track.language for track in embedded if not track.forced]
    codes += [file.language for file in subtitle_files if "forced" not in file.flags]
    return list(dict.fromkeys(map(language_names.language_code, codes)))


def _is_fully_probed(facts: VideoInfo) -> bool:
    """Return True if all streams of a video file were probed, and the file is complete."""
    return bool(facts.by) and not facts.truncated


def _explain_difference(result: MovieResult, minutes: float, runtime: int) -> str:
    parts = sorted({video.part for video in result.local.videos if video.part})
    if parts and minutes < runtime:
        noun = "parts" if len(parts) > 1 else "part"
        return f": {noun} {', '.join(map(str, parts))} may not be all of it"
    if result.edition:
        return f", too far off for the edition {identity.quote_text(result.edition)}"
    return ": another cut, a part, or another movie"
