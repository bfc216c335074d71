"""mutagen gets no bytes on which it could fail in another way than with an error of mediakeep."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from mediakeep.errors import MediakeepError
from mediakeep.media.audio import tags
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import DEFAULT_OPTIONS
from mediakeep.media.bounded_file import InMemoryFile
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.safewrite.write_tags import SetCover
from tests.media import writable_files
from tests.media.test_edits_hostile import HEAD
from tests.sampling import some

ODD_BYTES = (0, 1, 4, 0x7F, 0x80, 0xFF)
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
