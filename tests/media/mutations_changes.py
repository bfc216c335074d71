"""What can go wrong with a file's bytes, one function a way; each gives the same at every run.

The systematic ways are counted: `number` runs through all places of a file. The others have no end:
there `number` is the seed of their chance.
"""

from __future__ import annotations

from random import Random

from mediakeep.media.audio.formats import AUDIO_SUFFIXES
from tests.media import mutations_maps as maps
from tests.media import mutations_sounds as sounds
from tests.media import mutations_tags as tagging
from tests.media.mutations_maps import Length
from tests.music import shelf

SUFFIXES = sorted(AUDIO_SUFFIXES)
NAMES = (*sounds.SOUNDS, *sounds.PICTURES)
STARTS = (
    *(b"ID3\x04\0\0\0\0\x0f\x7f", b"ID3\x02\0\x80\x7f\x7f\x7f\x7f", b"fLaC", b"OggS", b"RIFF"),
    *(b"FORM", b"DSD ", b"MAC ", b"wvpk", b"MPCK", b"MP+\x07", b"TTA1", b"ADIF", b"\0\0\0\x20ftyp"),
    *(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c", b"\xff\xfb\x90\x64"),
    *(b"\xff\xf1\x50\x80", b"TAG", b"APETAGEX", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"),
    *(b"<!DOCTYPE html>", b"PK\x03\x04", b"\x1aE\xdf\xa3", b"\xef\xbb\xbfID3", bytes(16)),
)
TEXTS = (
    *("9" * 5_000, "²", "٣", "IV", "-1", "1/0", "0/0", "/", "1/2/3", "1e9", "A1", "\0", "\0\0a\0"),
    *("", " ", "\u200b", "\ufeff", "\u202e", "e" + "\u0301" * 3_000, "\ufffd", "\U0010ffff"),
    *("Ã¶" * 20_000, "Ïðèâåò " * 9_000, " " * 100_000, "a " * 100_000, "(" * 60_000),
    *("(1)" * 30_000, "((" + "17)" * 9_000, "a" * 1_000_000, "a" * 999_999 + "b"),
    *(
        "../" * 900,
        "|" * 5_000,
        "`" * 5_000,
        "<b>" * 5_000,
        "\r\n# x\n" * 2_000,
        "=1+1",
        "{{ 7*7 }}",
    ),
    *("1974-13-45", "0000", "19740101" * 900, "I" * 3_000, "(Disc 1)" * 5_000, "AC/DC; " * 9_000),
)
FIELDS = ("title", "artist", "album", "albumartist", "genre", "date", "tracknumber")


def cut(name: str, number: int) -> bytes:
    """End the file where a part of it begins, or one byte before or behind."""
    place, around = divmod(number, 3)
    return sounds.whole(name)[: max(0, maps.of(name).edges[place] + around - 1)]


def length(name: str, number: int) -> bytes:
    """Write a wrong length or count into one of its places."""
    place, which = divmod(number, _COUNT)
    field, data = maps.of(name).lengths[place], bytearray(sounds.whole(name))
    data[field.at : field.at + field.width] = _written(field, _wrong(data, field, which))
    return bytes(data)


_WRONG = (0, 1, 2, 7, 8, 9, 0x7F, 0xFF, 100 << 20, 0x7FFFFFFF, 0x80000000, -1, -2, -9, -128)
_RELATIVE = (-1, 1, 256)  # to what stands there
_COUNT = len(_WRONG) + len(_RELATIVE)


def _wrong(data: bytes, field: Length, which: int) -> int:
    if which < len(_WRONG):
        return _WRONG[which]
    order = "little" if field.order == "little" else "big"
    right = int.from_bytes(data[field.at : field.at + field.width], order)
    return right + _RELATIVE[which - len(_WRONG)]


def _written(field: Length, number: int) -> bytes:
    if field.order == "syncsafe":
        return tagging.syncsafe(number % (1 << 28))
    return (number % (1 << 8 * field.width)).to_bytes(field.width, field.order)


def magic(name: str, number: int) -> bytes:
    """Begin like another format, over the own beginning or before it."""
    start, before = STARTS[number // 2], number % 2
    data = sounds.whole(name)
    return start + (data if before else data[len(start) :])


def joined(name: str, number: int) -> bytes:
    """Put a whole file of another format behind."""
    return sounds.whole(name) + sounds.whole(NAMES[number])


def renamed(name: str, number: int) -> bytes:
    """Change nothing: the file's name is what is wrong, see `suffix`."""
    return sounds.whole(name)


def text(name: str, number: int) -> bytes:
    """Write an odd text into a field of a healthy file."""
    field, which = divmod(number, len(TEXTS))
    if name == "m4a" and FIELDS[field] == "tracknumber":  # it holds true numbers there
        field = 0
    return shelf.render(name, **{FIELDS[field]: TEXTS[which]})


def flipped(name: str, number: int) -> bytes:
    """Change some bytes or bits near the places where parts begin."""
    rng, data = Random(f"flipped {name} {number}"), bytearray(sounds.whole(name))
    edges = maps.of(name).edges
    for _ in range(rng.choice((1, 1, 2, 4, 12))):
        place = min(rng.choice(edges) + rng.randrange(40), len(data) - 1)
        odd = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        data[place] = odd if rng.random() < 0.6 else data[place] ^ 1 << rng.randrange(8)
    return bytes(data)


def blanked(name: str, number: int) -> bytes:
    """Overwrite a block with zeros, ones or noise."""
    rng = Random(f"blanked {name} {number}")
    data, start, size = _block(name, rng)
    filling = rng.choice((bytes(size), b"\xff" * size, rng.randbytes(size)))
    return data[:start] + filling + data[start + size :]


def moved(name: str, number: int) -> bytes:
    """Repeat a block, leave it out, or put it elsewhere."""
    rng = Random(f"moved {name} {number}")
    data, start, size = _block(name, rng)
    block, rest = data[start : start + size], data[:start] + data[start + size :]
    if rng.random() < 0.4:
        return data[:start] + block * rng.choice((2, 3, 50)) + data[start + size :]
    place = rng.choice((0, rng.randrange(len(data)), len(data)))
    return rest[:place] + block + rest[place:] if rng.random() < 0.6 else rest


def copied(name: str, number: int) -> bytes:
    """Repeat parts, or the name of one alone, where a part begins: before it, or over it."""
    rng, data = Random(f"copied {name} {number}"), sounds.whole(name)
    edges = maps.of(name).edges
    start, end = sorted(rng.sample(edges, 2))
    copy = data[start : rng.choice((end, *(start + size for size in _NAME_SIZES)))]
    place = rng.choice(edges)
    return data[:place] + copy + data[place + rng.choice((0, len(copy))) :]


_NAME_SIZES = (4, 16)  # bytes: four letters, or a GUID


def spliced(name: str, number: int) -> bytes:
    """Go on with a part of another format's file."""
    rng = Random(f"spliced {name} {number}")
    other = rng.choice(NAMES)
    return (
        sounds.whole(name)[: rng.choice(maps.of(name).edges)]
        + sounds.whole(other)[rng.choice(maps.of(other).edges) :]
    )


def garbage(name: str, number: int) -> bytes:
    """Keep the beginning alone, and fill up with noise."""
    rng = Random(f"garbage {name} {number}")
    kept = rng.choice((0, 4, 8, rng.choice(maps.of(name).edges)))
    return sounds.whole(name)[:kept] + rng.randbytes(rng.choice((10, 300, 5_000)))


def stacked(name: str, number: int) -> bytes:
    """Write several wrong lengths, and cut the end off now and then."""
    rng, data = Random(f"stacked {name} {number}"), bytearray(sounds.whole(name))
    lengths = maps.of(name).lengths
    for field in rng.sample(lengths, min(len(lengths), rng.randint(2, 5))):
        value = _wrong(data, field, rng.randrange(_COUNT))
        data[field.at : field.at + field.width] = _written(field, value)
    return bytes(data[: rng.randrange(len(data))] if rng.random() < 0.3 else data)


def _block(name: str, rng: Random) -> tuple[bytes, int, int]:
    """A file, and a block in it that begins with one of its parts or anywhere."""
    data, edges = sounds.whole(name), maps.of(name).edges
    start = rng.choice((rng.choice(edges), rng.randrange(len(data))))
    return data, min(start, len(data) - 1), rng.choice((1, 4, 16, 128, 512, 4096))


def suffix(change: str, name: str, number: int) -> str:
    """Name the extension that a changed file bears."""
    return SUFFIXES[number] if change == "renamed" else f".{name.rpartition('.')[2]}"


def counted(name: str) -> dict[str, int]:
    """Count the systematic changes of a file."""
    parts = maps.of(name)
    return {
        "cut": 3 * len(parts.edges),
        "length": _COUNT * len(parts.lengths),
        "magic": 2 * len(STARTS),
        "joined": len(NAMES),
        "renamed": len(SUFFIXES),
        "text": len(FIELDS) * len(TEXTS) if name in shelf.FORMATS else 0,
    }
