"""Technical facts in the words of people, and languages by any of their names."""

from __future__ import annotations

from mediakeep.media.video.model import AudioStream, VideoStream
from mediakeep.movies import language_names, media_text
from tests.sampling import each_row


@each_row(
    ("width", "height", "text"),
    [
        (7680, 4320, "8K"),
        (3840, 2160, "2160p"),
        (3840, 1600, "2160p"),
        (1920, 1080, "1080p"),
        (1920, 800, "1080p"),
        (1440, 1080, "1080p"),
        (1280, 720, "720p"),
        (1280, 536, "720p"),
        (960, 720, "720p"),
        (1024, 576, "576p"),
        (720, 576, "576p"),
        (720, 480, "480p"),
        (640, 272, "480p"),
        (0, 1080, ""),
    ],
)
def test_a_resolution_is_named_by_width_or_height(width: int, height: int, text: str) -> None:
    assert media_text.resolution_name(VideoStream(width=width, height=height)) == text


def test_sound_is_reported_once_for_each_kind() -> None:
    tracks = [AudioStream("ac3", "eng", 6), AudioStream("ac3", "en", 6), AudioStream("aac", "", 2)]
    assert media_text.format_audio(tracks) == "English ac3 5.1, aac stereo"
    assert media_text.format_audio([AudioStream("opus", "qaa", 4)]) == "qaa opus 4 channels"
    assert (
        media_text.format_audio([])
        == media_text.format_video(None)
        == media_text.resolution_name(None)
        == ""
    )


@each_row(
    ("text", "code"),
    [
        ("de", "ger"),
        ("DE-at", "ger"),
        ("deu", "ger"),
        ("ger", "ger"),
        ("german", "ger"),
        ("pt_BR", "por"),
        ("nb", "nor"),
        ("no", "nor"),
        ("norwegian", "nor"),
        ("nob", "nor"),
        ("Greek", "gre"),
        ("swahili", "swa"),
        ("und", ""),
        ("", ""),
        ("forced", ""),
    ],
)
def test_a_language_is_known_by_any_of_its_names(text: str, code: str) -> None:
    assert language_names.language_code(text) == code


def test_a_language_has_its_name_and_else_its_code() -> None:
    names = {"ger": "German", "nor": "Norwegian", "nob": "Norwegian", "gre": "Greek"}
    names |= {"may": "Malay", "pan": "Punjabi", "khm": "Khmer", "swa": "Swahili"}
    names |= {code: code for code in ("qaa", "gsw", "deu", "")}
    assert {code: language_names.language_name(code) for code in names} == names


def test_lengths_are_reported_in_minutes() -> None:
    assert [media_text.format_duration(seconds) for seconds in (45, 60, 104 * 60.0)] == [
        "45 s",
        "1 min",
        "104 min",
    ]
