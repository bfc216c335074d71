"""All exceptions of mutagen on malformed bytes are translated into errors of mediakeep."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from mediakeep.errors import MediakeepError, ReadOnlyFormat
from mediakeep.media.audio import formats, tags
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import DEFAULT_OPTIONS
from mediakeep.media.bounded_file import InMemoryFile
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.safewrite.write_tags import SetCover
from tests.media import mutations, writable_files
from tests.media import mutations_forge as forge
from tests.media import mutations_trial as trial
from tests.media.mutations_child import Limits
from tests.media.test_edits_hostile import HEAD
from tests.sampling import some

ODD_BYTES = (0, 1, 4, 0x7F, 0x80, 0xFF)
NEWER = (  # files of the formats that are not among MP3, FLAC, MP4, Ogg Vorbis and Opus
    *("wma", "wav", "aiff", "dsf", "ape", "old.ape", "wv", "mpc", "seven.mpc", "tta"),
)
READERS, WRITERS = "tests.media.mutations_writers", "tests.media.mutations_writers:WRITERS"
CHUNKS = 20
TARGET = TargetTags({"title": ("Ebb",)}, SetCover(writable_files.PHOTO, "image/jpeg"))


def mutate(whole: bytes, rng: Random) -> bytes:
    """Change some bytes of the tags, or remove, repeat or exchange some of them."""
    data = bytearray(whole)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(min(len(data), HEAD))
        match rng.randrange(5):
            case 0:
                del data[at : at + rng.randint(1, 40)]
            case 1:
                data[at:at] = data[at : at + rng.randint(1, 200)]
            case 2:
                data[at : at + 4] = rng.randbytes(4)
            case _:
                data[at] = rng.choice((*ODD_BYTES, rng.randrange(256)))
        if len(data) < 100:
            break
    return bytes(data)


def read(path: Path, data: bytes, kind: str) -> str:
    """Read mutated bytes in the ways in which a new copy is verified."""
    source = InMemoryFile(data)
    try:
        adapter.read_tags(path, source, kind)
        adapter.find_lost_items(path, (source, source), kind, TARGET, DEFAULT_OPTIONS)
    except MediakeepError as error:
        return type(error).__name__
    return "read"


@pytest.mark.parametrize("rounds", [40, pytest.param(3000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", some(writable_files.NAMES, 3))
def test_mutated_files_are_read_by_mutagen_or_refused(
    tmp_path: Path, name: str, rounds: int
) -> None:
    path, rng, results = writable_files.put(tmp_path, name), Random(name), Counter[str]()
    kind, whole = tags.read(path).facts.format, path.read_bytes()
    for _ in range(rounds):
        results[read(path, mutate(whole, rng), kind)] += 1
    assert results["read"]
    assert set(results) <= {"read", "ReadOnlyFormat"}


def try_all(recipes: list[mutations.Recipe], parts: str, folder: Path) -> None:
    files = folder / "files"
    files.mkdir()
    verdict = trial.hold(recipes, parts, files, Limits())
    print(f"{verdict.seconds:.2f} s: {verdict.slowest}; {verdict.memory >> 20} MB")
    assert not verdict.faults, "\n".join(verdict.faults)


@pytest.mark.loop
@pytest.mark.parametrize(("parts", "count"), [(READERS, 1000), (WRITERS, 200)])
def test_damaged_files_of_newer_formats_raise_no_foreign_exception(
    memory: Path, parts: str, count: int
) -> None:
    try_all(mutations.damaged(count, NEWER), parts, memory)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("parts", "count"), [(READERS, 100_000), (WRITERS, 3000)])
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_none_of_a_hundred_thousand_read_and_three_thousand_written_does(
    memory: Path, parts: str, count: int, seed: int, chunk: int
) -> None:
    try_all(mutations.damaged(count, NEWER, seed)[chunk::CHUNKS], parts, memory)


def test_a_header_object_within_the_header_is_refused(tmp_path: Path) -> None:
    """mutagen raises NotImplementedError there."""
    source = InMemoryFile(forge.asf(forge.asf_object(forge.HEADER, b""), count=1))
    with pytest.raises(ReadOnlyFormat, match="its tags are damaged"):
        adapter.read_tags(tmp_path / "a.wma", source, formats.ASF.name)
