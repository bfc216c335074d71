"""Which folders are albums, what becomes of their tracks, and the settings of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediakeep.albums import plan_album, subject
from mediakeep.albums import settings as album_settings
from mediakeep.albums.process import FoundFiles, ResumeCase, decide_case
from mediakeep.albums.read_album import SourceAlbum, SourceTrack
from mediakeep.albums.settings import AlbumSettings
from mediakeep.errors import BadSetting, UsageError
from mediakeep.media.audio.model import AudioProperties
from mediakeep.media.encoding.profile_rules import Rule
from mediakeep.media.encoding.profiles import BUILT_IN

FLAC = AudioProperties(
    format="FLAC", codec="FLAC", lossless=True, sample_rate=96_000, channels=2, bits=24
)
MP3 = AudioProperties(format="MP3", codec="MP3", sample_rate=44_100, channels=2, bitrate=320_000)


def make_files(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"")


def found(root: Path) -> dict[str, int]:
    return {item.key: item.fields["track_count"] for item in subject.find_albums(root)}


def test_discs_are_part_of_their_album_and_mixed_folders_are_none(tmp_path: Path) -> None:
    make_files(
        tmp_path,
        *("A/One/1.flac", "A/One/2.mp3", "A/One/Scans/1.jpg", "A/loose.flac"),
        *("B/Two/CD1/1.flac", "B/Two/Disc 2 - Live/1.flac", "B/Two/cover.jpg"),
        *("C/Discovery/1.flac", "D/notes.txt", ".hidden/1.flac"),
    )
    assert found(tmp_path) == {"A/One": 2, "B/Two": 2, "C/Discovery": 1}
    assert subject.find_strays(tmp_path) == ("A/loose.flac",)


def test_a_library_can_be_one_album(tmp_path: Path) -> None:
    make_files(tmp_path / "Album", "1.flac", "CD 2/1.flac")
    assert found(tmp_path / "Album") == {"Album": 2}
    assert subject.ALBUM_FOLDERS.scan_folder(tmp_path / "Album") is not None
    (tmp_path / "empty").mkdir()
    assert subject.ALBUM_FOLDERS.scan_folder(tmp_path / "empty") is None


def test_a_fingerprint_changes_with_any_file_of_the_album(tmp_path: Path) -> None:
    make_files(tmp_path, "A/1.flac", "A/Scans/1.jpg")
    (before,) = subject.find_albums(tmp_path)
    assert [before] == list(subject.find_albums(tmp_path))
    (tmp_path / "A" / "Scans" / "1.jpg").write_bytes(b"new")
    (after,) = subject.find_albums(tmp_path)
    assert after.fingerprint != before.fingerprint


def plan(*tracks: SourceTrack, profile: str = "mp3-v0", rules: tuple[Rule, ...] = ()) -> Any:
    album = SourceAlbum(Path(), "Art", "One", tracks, 0)
    return plan_album.plan_album(album, BUILT_IN[profile], rules, BUILT_IN)


def test_outputs_have_distinct_names() -> None:
    planned = plan(
        *(SourceTrack(name, 1, FLAC) for name in ("CD 1/a.flac", "CD 1/a.wav", "b.FLAC")),
        *(SourceTrack(name, 1, MP3) for name in ("b.mp3", "b (mp3).mp3")),
    )
    assert [track.output for track in planned.tracks] == [
        *("CD 1/a.mp3", "CD 1/a (wav).mp3", "b.mp3", "b (mp3).mp3", "b (mp3) (mp3).mp3")
    ]
    assert [bool(track.parameters) for track in planned.tracks] == [True, True, True, False, False]


def test_rules_apply_to_the_folder_of_artist_and_album() -> None:
    rules = (Rule(action="copy", folder="Art/One"), Rule(action="encode", folder="Art/One/CD 2"))
    planned = plan(SourceTrack("1.flac", 1, FLAC), SourceTrack("CD 2/1.mp3", 1, MP3), rules=rules)
    assert [track.reason for track in planned.tracks] == ["rule 1 keeps it", "rule 2"]


def test_a_track_that_cannot_be_read_is_named() -> None:
    planned = plan(SourceTrack("1.flac", 7, error="1.flac is not audio"))
    assert list(plan_album.describe_plan(planned)) == ["1.flac: 1.flac is not audio"]
    assert planned.size == 7


def test_tracks_are_shown_with_the_folders_of_their_discs() -> None:
    planned = plan(SourceTrack("CD 1/1.mp3", 7, MP3), SourceTrack("CD 2/1.mp3", 7, MP3))
    lines = [line.partition(":")[0] for line in plan_album.describe_plan(planned)]
    assert lines == [f"'CD {number}/1.mp3' -> 'CD {number}/1.mp3'" for number in (1, 2)]


def test_nothing_grows_beyond_its_source() -> None:
    (track,) = plan(SourceTrack("1.flac", 1, FLAC), profile="aac").tracks
    assert (track.parameters.sample_rate, track.parameters.channels) == (48_000, 2)
    (copied,) = plan(SourceTrack("1.flac", 1, FLAC), profile="flac").tracks
    assert copied.parameters is None


@pytest.mark.parametrize(
    ("files", "stage", "use_working", "case"),
    [
        ((True, True, True), "converting", True, ResumeCase.REMAINING),
        ((True, False, True), "converting", True, ResumeCase.CONVERT_AGAIN),
        ((False, False, True), "converting", True, ResumeCase.FROM_START),
        ((False, True, True), "archiving", True, ResumeCase.SOURCE_GONE),
        ((False, False, False), "converting", True, ResumeCase.NOTHING),
        ((True, True, True), "converting", False, ResumeCase.SET_ASIDE),
        ((True, True, False), "converting", False, ResumeCase.REMAINING),
        ((True, True, True, False, True), "converting", True, ResumeCase.CHANGED),
        ((True, False, True, True), "finalizing", False, ResumeCase.CONTINUE),
        ((True, True, True, True), "archiving", True, ResumeCase.CONTINUE),
    ],
)
def test_how_an_album_continues(
    files: tuple[bool, ...], stage: str, use_working: bool, case: ResumeCase
) -> None:
    assert decide_case(FoundFiles(*files), stage, use_working=use_working) is case


def build(home: Path, environ: dict[str, str] | None = None, **given: Any) -> dict[str, Any]:
    names = ("config", "source", "profile", "verify", "output_dir")
    values = {**dict.fromkeys(names), "keep_going": False, "mirror": False, **given}
    others = {"max_attempts": 3, "add": (), "scan": None}
    return album_settings.build_settings(home, values, others, environ or {}) | {"others": others}


def test_options_override_variables_and_both_override_files(tmp_path: Path) -> None:
    (tmp_path / "mediakeep.toml").write_text(
        'batch_size = 3\n[paths]\ninput_dir = "music"\noutput_dir = "toml"\n'
        '[processing]\nprofile = "aac"\nmax_retries = 5\nverify = "length"\n'
    )
    (tmp_path / "more.yaml").write_text("processing:\n  profile: alac\n  delete_original: true\n")
    settings = build(
        tmp_path,
        {"MEDIAKEEP_OUTPUT_DIR": "environ", "MEDIAKEEP_ENRICH": "true"},
        config=tmp_path / "more.yaml",
        verify="full",
    )
    assert settings["paths"]["output_dir"] == "environ"
    processing = settings["processing"]
    assert (processing["profile"], processing["verify"]) == ("alac", "full")
    assert (processing["delete_original"], processing["enrich"]) == (True, True)
    assert settings["others"]["scan"] == tmp_path / "music"
    assert settings["others"]["max_attempts"] == 5


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.toml", "[processing]\nmax_retries = 0", "processing.max_retries"),
        (
            "a.toml",
            "[processing]\nprofil = 'opus'",
            r"\[processing\]: unknown setting profil. Did",
        ),
        ("a.yaml", "paths: {output: x}", "Did you mean output_dir?"),
        ("a.yaml", "procesing: {}", "Did you mean processing?"),
        ("a.yaml", "batch_size: 5", "batch_size: read from mediakeep.toml of the home only"),
        ("a.yaml", "processing: {verify: maybe}", "processing.verify"),
        ("a.yaml", "- a list", "no keys"),
        ("a.yaml", "{", "Correct it"),
    ],
)
def test_an_invalid_settings_file_is_named(tmp_path: Path, name: str, text: str, why: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadSetting, match=why) as caught:
        build(tmp_path, config=tmp_path / name)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "[profiles.small]\nbase = 'opus'\nbitrate = 1",
            "small: .*. Did you mean bit_rate?",
        ),
        ("[[rules]]\naction = 'copy'\nformat = ['MP3']", "rules: .*format. Did you mean formats?"),
    ],
)
def test_an_unknown_key_of_a_profile_or_rule_is_named(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "mediakeep.toml").write_text(text)
    settings = msgspec.convert(build(tmp_path, output_dir=tmp_path), AlbumSettings)
    with pytest.raises(BadSetting, match=why):
        settings.check()


def test_invalid_values_of_options_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="no such file"):
        build(tmp_path, config=tmp_path / "none.toml")
    with pytest.raises(BadSetting, match="enrich"):
        build(tmp_path, {"MEDIAKEEP_ENRICH": "perhaps"})
    with pytest.raises(UsageError, match="is in the library"):
        build(tmp_path, source=tmp_path, output_dir=tmp_path / "new")
