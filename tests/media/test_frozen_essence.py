"""Essence hashes and audio layouts never change: undo records and essence databases refer to them.

The constants are those of the release that wrote the first records. A change of one of them makes
every stored hash of that format a false alarm, and undo records of Ogg and MP4 inapplicable.
"""

from __future__ import annotations

from pathlib import Path

from mediakeep.media.audio import essence
from mediakeep.media.bounded_file import ByteRange, InMemoryFile
from mediakeep.media.safewrite import audio_layout
from mediakeep.media.safewrite.audio_layout import AudioLayout
from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.sampling import each_row

SEEDS = [
    ("bell.mp3", "e92e14135b3cecf1dd9c5c456d81594f92350c39136b92ced41ec10bc7ef033f"),
    ("bell.m4a", "32ee52a5b92d4d0e313671db8b4d89c9e7aa72ef0140c0ba5d2e97d44a3a98e5"),
    ("bell.flac", "df6b1b925fc140d21a03d6736d2c1f3a206bd8f5491b21cf53ed42dc7a71b7fd"),
    ("bell.ogg", "5e56d541cf96821cb5dcd7c36d1ed33ef612e25daedf55c1cb510fbf18269073"),
    ("bell.opus", "75a2a87cb859516a73380c089e5f2ae09a268a31cdf9f6da6025fa5b217de43d"),
]
BUILT = [
    ("vbri.mp3", "7f8eca9a42cd4b58ad0562f86d6fb943c08d471a99c41a9f2501d257b745f2bd"),
    ("tagged.flac", "a5b1697de325e2d90475faa84f154d386bb5fa0e319cd1071046287b6067c1e8"),
    ("flac.oga", "746644998d247a67a31aa6a7e2a88097e777327a0a0cd8d44e32c56bd1d1b506"),
    ("speex.ogg", "bf6dc4335cb041adc8d6308f8d739a374d7d9f1f879a51154a4ba4ef9be57fa5"),
    ("wma", "4be82d72a74f2185a2b81840fac5f7b3d259f00780a85bae9aef013d2e45f9ce"),
    ("wav", "238d9d5244d265a848f9dd488d8009fa30289b9d9b9356fafeda91e9d45e8ce3"),
    ("aiff", "e0bcdff27dd9667c6915375840284aab165f487a0e7e4440516b9d6aa39de6e2"),
    ("dsf", "3d85a63d80f68d7afad843eac93673855829d32ac0566e1b00f44f2102e1a245"),
    ("ape", "6c3a67845abce350fa621c8d550348f6f6294dc2744c0a373ca8636806c00608"),
    ("old.ape", "80bba032c423ee1f60d3c52b018b19b11b250530df3d0368523a7eadb69271a8"),
    ("wv", "28c31c2a8759d532c58899316b535be18e1e745eb732fbb52822e3ca62a39fbe"),
    ("mpc", "30ed1333018661fee75929a592b8002ca720886622ef0206bf02f8b4342c8dba"),
    ("seven.mpc", "e0962f54c8f1e05ed3f888e1ed8a0fab1abbaf05124448a66b1ad71cd3dd515b"),
    ("aac", "297e3a096f0f524143f21265c29973c091aa31b5b25f1c522085fef3a9f2bea8"),
]
LAYOUTS = [
    ("bell.mp3", "MP3", AudioLayout((ByteRange(0, 4466),))),
    (
        "bell.m4a",
        "MP4",
        AudioLayout((ByteRange(44, 3545), ByteRange(3661, 4302)), (ByteRange(44, 3545),)),
    ),
    ("bell.flac", "FLAC", AudioLayout((ByteRange(576, 4813),))),
    (
        "bell.ogg",
        "Ogg Vorbis",
        AudioLayout((ByteRange(121, 3378), ByteRange(3378, 4682)), (), bytes(4), 2),
    ),
    ("bell.opus", "Opus", AudioLayout((ByteRange(97, 3088),), (), bytes(4), 2)),
]


@each_row(("name", "expected"), [*SEEDS, *BUILT])
def test_the_essence_of_each_format_is_hashed_as_ever(
    tmp_path: Path, name: str, expected: str
) -> None:
    is_seed = name.startswith("bell.")
    path = tmp_path / f"a.{name.rpartition('.')[2]}"
    path.write_bytes(track_files.read_seed_file(name) if is_seed else small.whole(name))
    assert essence.compute_audio_hash(path) == f"sha256:{expected}"


@each_row(("name", "kind", "expected"), LAYOUTS)
def test_the_audio_of_each_writable_format_is_found_as_ever(
    name: str, kind: str, expected: AudioLayout
) -> None:
    source = InMemoryFile(track_files.read_seed_file(name))
    assert audio_layout.find_layout(source, kind) == expected
