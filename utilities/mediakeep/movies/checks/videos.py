"""Checks of the videos themselves: whether they are whole, how sharp, how long, what is heard."""

from __future__ import annotations

from mediakeep.media.video.facts import VideoFacts
from mediakeep.movies import languages, wording
from mediakeep.movies.account import Account
from mediakeep.movies.checks import matching
from mediakeep.movies.model import Video

# 1280 x 720 is the least that is called high definition. A frame of the cinema's shape is not as
# high, one that was 4:3 is not as wide; so what is below in both, with some room, is judged.
_WIDE, _HIGH = 1200, 700
_OFF, _EDITION_OFF = 0.10, 0.40  # shares of the running time; other editions may be much longer
_LEAST = 2  # minutes that it has to be off at least: TMDb's are rounded, and short films short
_SILENT = "xx"  # TMDb's code of no language


def truncated_video(account: Account) -> dict[str, str]:
    """A file that ends before its video does, or that is empty."""
    found = {}
    for one in account.local.videos:
        if not one.size and not one.trouble:
            found[one.place] = "it is empty"
        elif one.facts and one.facts.truncated:
            found[one.place] = one.facts.truncated
    return found


def unreadable_video(account: Account) -> dict[str, str]:
    """A file that the system refuses to give, or that is none."""
    return {one.place: one.trouble.rstrip(".") for one in account.local.videos if one.trouble}


def not_video(account: Account) -> dict[str, str]:
    """A file that is named like a video, and in which no stream of pictures was found."""
    return {
        one.place: f"it is {one.facts.container}" if one.facts.container else ""
        for one in account.local.videos
        if one.size and one.facts and _is_judged(one.facts) and not one.facts.video
    }


def no_audio(account: Account) -> dict[str, str]:
    """A video without any stream of sound; films that are silent by nature are passed over."""
    movie = account.identity.movie
    if movie and movie.spoken_languages == (_SILENT,):
        return {}
    return {
        one.place: ""
        for one in account.local.videos
        if one.facts and _is_judged(one.facts) and one.facts.video and not one.facts.audio
    }


def runtime_differs(account: Account) -> str | None:
    """It lasts much longer or shorter than TMDb says; the detail says what may be the reason."""
    movie, seconds = account.identity.movie, account.local.duration
    if movie is None or not movie.runtime or not seconds or truncated_video(account):
        return None
    minutes, bar = seconds / 60, _EDITION_OFF if account.edition else _OFF
    off = abs(minutes - movie.runtime)
    if off <= _LEAST or off <= bar * movie.runtime:
        return None
    why = _reason(account, minutes, movie.runtime)
    return f"{round(minutes)} min, and {movie.runtime} at TMDb{why}"


def low_resolution(account: Account) -> dict[str, str]:
    """Fewer lines than 720 of a 16:9 frame in every version of the movie."""
    sizes = {
        one.place: (stream.width, stream.height)
        for one in account.local.videos
        if (stream := wording.picture([one])) and stream.width and stream.height
    }
    if any(width >= _WIDE or height >= _HIGH for width, height in sizes.values()):
        return {}
    return {place: f"{width} x {height} pixels" for place, (width, height) in sizes.items()}


def missing_subtitles(account: Account) -> str | None:
    """No sound or subtitles in a language that is wanted; not told where any tells none."""
    spoken = set(spoken_in(account.local.videos))
    wanted = {languages.code(one) for one in account.languages}
    read = set(subtitled_in(account))
    if not spoken or (wanted | {""}) & (spoken | read):
        return None
    names = " or ".join(map(languages.name, sorted(wanted)))
    return f"it is in {', '.join(map(languages.name, sorted(spoken)))}, without {names} subtitles"


def spoken_in(videos: tuple[Video, ...]) -> list[str]:
    """Return the languages of the sound, as ISO 639-2/B; "" for sound that does not tell."""
    told = (track.language for one in videos if one.facts for track in one.facts.audio)
    return list(dict.fromkeys(map(languages.code, told)))


def subtitled_in(account: Account) -> list[str]:
    """Return the languages of subtitles of the whole text, within the videos and beside them."""
    videos, beside = account.local.videos, account.local.subtitles
    within = [track for one in videos if one.facts for track in one.facts.subtitles]
    told = [track.language for track in within if not track.forced]
    told += [one.language for one in beside if "forced" not in one.flags]
    return list(dict.fromkeys(map(languages.code, told)))


def _is_judged(facts: VideoFacts) -> bool:
    """Tell whether all streams of a file were looked for, and it is whole."""
    return bool(facts.by) and not facts.truncated


def _reason(account: Account, minutes: float, runtime: int) -> str:
    parts = sorted({one.part for one in account.local.videos if one.part})
    if parts and minutes < runtime:
        what = "parts" if len(parts) > 1 else "part"
        return f": {what} {', '.join(map(str, parts))} may not be all of it"
    if account.edition:
        return f", too far off for the edition {matching.quoted(account.edition)}"
    return ": another cut, a part, or another movie"
