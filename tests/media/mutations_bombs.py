"""Files made to harm: small ones that grow, endless ones, deep ones, and ones that lie about sizes.

The name of a bomb ends in the extension that its file bears.
"""

from __future__ import annotations

import struct
from base64 import b64encode
from collections.abc import Callable

from tests.media import mutations_forge as forge
from tests.media import mutations_sounds as sounds
from tests.media.mutations_forge import GIGABYTE, HUGE, MANY
from tests.media.mutations_sounds import chunk

BOMBS: dict[str, Callable[[], bytes]] = {
    # Small files that grow.
    "inflating.mp3": lambda: forge.tagged(forge.zipped(b"TIT2", GIGABYTE)),
    "inflating-modestly-told.mp3": lambda: forge.tagged(forge.zipped(b"TIT2", GIGABYTE, told=9)),
    "inflating-picture.mp3": lambda: forge.tagged(forge.zipped(b"APIC", GIGABYTE)),
    "inflating-private.mp3": lambda: forge.tagged(forge.zipped(b"PRIV", GIGABYTE)),
    "inflating-v23.mp3": forge.zipped_v23,
    "inflating-often.mp3": lambda: forge.tagged(forge.zipped(b"TXXX", 64 << 20) * 16),
    "inflating.wav": lambda: forge.riff(
        chunk(b"id3 ", forge.tagged(forge.zipped(b"TIT2", GIGABYTE)))
    ),
    "inflating.aac": lambda: (
        forge.tagged(forge.zipped(b"COMM", GIGABYTE)) + sounds.whole("aac")[-1500:]
    ),
    "inflating.flac": lambda: forge.tagged(forge.zipped(b"TIT2", GIGABYTE)) + sounds.whole("flac"),
    # Thousands of small parts.
    "texts.mp3": lambda: forge.many(lambda n: forge.frame(b"TXXX", b"\x03%d\0x" % n)),
    "same-texts.mp3": lambda: forge.many(lambda n: forge.frame(b"TIT2", b"\x03%d" % n)),
    "same-txxx.mp3": lambda: forge.many(lambda n: forge.frame(b"TXXX", b"\x03a\0x")),
    "comments.mp3": lambda: forge.many(lambda n: forge.frame(b"COMM", b"\x03eng\0x")),
    "private.mp3": lambda: forge.many(lambda n: forge.frame(b"PRIV", b"%d\0x" % n)),
    "unknown-frames.mp3": lambda: forge.many(lambda n: forge.frame(b"X%03d" % (n % 1000), b"x")),
    "empty-frames.mp3": lambda: forge.many(lambda n: forge.frame(b"TALB", b"")),
    "covers.mp3": lambda: forge.many(lambda n: forge.frame(b"APIC", b"\0\0\x03%d\0x" % n)),
    "empty-covers.mp3": lambda: forge.many(lambda n: forge.frame(b"APIC", b"\0\0\x03\0")),
    "values.mp3": lambda: forge.tagged(forge.frame(b"TPE1", b"\x03" + b"a\0" * 500_000)),
    "genres.mp3": lambda: forge.tagged(forge.frame(b"TCON", b"\x03" + b"(17)" * MANY)),
    "brackets.mp3": lambda: forge.tagged(forge.frame(b"TCON", b"\x03" + b"((" * MANY)),
    "numbered-genres.mp3": lambda: forge.tagged(forge.frame(b"TCON", b"\x03" + b"17\0" * MANY)),
    "dates.mp3": lambda: forge.tagged(forge.frame(b"TDRC", b"\x03" + b"1974-01-01\0" * MANY)),
    "people.mp3": lambda: forge.tagged(forge.frame(b"TIPL", b"\x03" + b"a\0b\0" * MANY)),
    "lyrics.mp3": lambda: forge.tagged(
        forge.frame(b"SYLT", b"\x03eng\2\1\0" + b"a\0\0\0\0\1" * MANY)
    ),
    "volumes.mp3": lambda: forge.tagged(forge.frame(b"RVA2", b"a\0" + b"\1\0\0\xff" * MANY)),
    "tags-behind-tags.mp3": lambda: (b"ID3\x04" + bytes(6)) * MANY + forge.sound(),
    "chapters.mp3": lambda: forge.many(
        lambda n: forge.frame(b"CHAP", b"%d\0" % n + bytes(16)), 20_000
    ),
    "comments.flac": lambda: forge.flac((4, forge.comments(200_000, b"A=b"))),
    "empty-comments.flac": lambda: forge.flac((4, forge.comments(1_000_000, b""))),
    "blocks.flac": lambda: forge.flac(*[(2, b"abcd")] * MANY),
    "comment-blocks.flac": lambda: forge.flac(*[(4, forge.comments(1, b"A=b"))] * 9_000),
    "pictures.flac": lambda: forge.flac(*[(6, forge.picture(3))] * 20_000),
    "seekpoints.flac": lambda: forge.flac((3, bytes(18 * 200_000))),
    "cuesheet.flac": lambda: forge.flac(
        (5, bytes(395) + b"\xff" + bytes(35) + b"\xff" + bytes(9_000))
    ),
    "comments.opus": lambda: forge.tags_page(forge.comments(200_000, b"A=b")),
    "pictures.opus": lambda: forge.tags_page(
        forge.comments(20_000, b"METADATA_BLOCK_PICTURE=" + b64encode(forge.picture(3)))
    ),
    "pages.opus": lambda: forge.opus(*[forge.page(b"")] * MANY),
    "no-lacing.opus": lambda: forge.opus(*[forge.page(b"", lacing=b"")] * MANY),
    "marks.ogg": lambda: b"OggS" * 500_000,
    "marks-behind.ogg": lambda: sounds.whole("ogg") + b"OggS" * 500_000,
    "packets.opus": lambda: forge.opus(*[forge.page(b"", lacing=bytes(255))] * 9_000),
    "atoms.m4a": lambda: forge.mp4(forge.atom(b"free", b"") * 300_000),
    "atoms-in-moov.m4a": lambda: forge.mp4(forge.atom(b"moov", forge.atom(b"trak", b"") * 100_000)),
    "values.m4a": lambda: forge.items(
        forge.atom(b"\xa9nam", forge.atom(b"data", bytes(8) + b"x") * MANY)
    ),
    "items.m4a": lambda: forge.items(
        forge.atom(b"\xa9nam", forge.atom(b"data", bytes(8) + b"x")) * MANY
    ),
    "unknown-items.m4a": lambda: forge.items(
        *(forge.atom(struct.pack(">I", n), forge.atom(b"data", bytes(9))) for n in range(MANY))
    ),
    "covers.m4a": lambda: forge.items(
        forge.atom(b"covr", forge.atom(b"data", bytes(8) + b"x") * MANY)
    ),
    "chunks.wav": lambda: forge.riff(chunk(b"junk", b"") * 200_000),
    "chunks.aiff": lambda: chunk(b"FORM", b"AIFF" + chunk(b"junk", b"", ">") * 200_000, ">"),
    "objects.wma": lambda: forge.asf(forge.asf_object("00" * 16, b"") * 100_000, count=100_000),
    "texts.wma": lambda: forge.asf(
        forge.asf_object(forge.EXTENDED, struct.pack("<H", 65535) + (b"\2\0A\0\0\0\2\0b\0") * 65535)
    ),
    "items.ape": lambda: forge.ape(MANY, 32 + 11 * MANY, (b"\1\0\0\0\0\0\0\0A\0b") * MANY),
    "unlike-items.ape": lambda: forge.ape(
        MANY, 32 + 15 * MANY, b"".join(b"\1\0\0\0\0\0\0\0%05d\0b" % n for n in range(MANY))
    ),
    "values.ape": lambda: forge.ape(
        1, 32 + 14 + 400_000, struct.pack("<II", 400_000, 0) + b"Title\0" + b"a\0" * 200_000
    ),
    "blocks.wv": lambda: sounds.whole("wv")[:32].replace(b"\xa8\1\0\0", b"\x18\0\0\0", 1) * MANY,
    "packets.mpc": lambda: b"MPCK" + b"AP\x03" * 300_000,
    "frames.aac": lambda: b"\xff\xf1\x50\x80\0\xff\xfc" * 200_000,
    # Sounds that are sought in vain.
    "ones.mp3": lambda: b"\xff" * 3_000_000,
    "ones.aac": lambda: b"\xff" * 3_000_000,
    "false-syncs.mp3": lambda: b"\xff\xfb\x90\x64" * 700_000,
    "lonely-syncs.mp3": lambda: (b"\xff\xfb\x90\x64" + bytes(96)) * 30_000,
    "zeros.mp3": lambda: bytes(5_000_000),
    "zeros.m4a": lambda: sounds.whole("m4a")[:28] + bytes(3_000_000),
    "zeros.flac": lambda: b"fLaC" + bytes(3_000_000),
    "zeros.ape": lambda: b"MAC " + bytes(3_000_000),
    "zeros.mpc": lambda: b"MPCK" + bytes(3_000_000),
    "zeros-behind.ogg": lambda: sounds.whole("ogg") + bytes(3_000_000),
    "zeros-behind.flac": lambda: sounds.whole("flac") + bytes(3_000_000),
    "syncs-behind.flac": lambda: sounds.whole("flac") + b"\xff\xf8" * 1_000_000,
    "endless-number.mpc": lambda: b"MPCKSH" + b"\xff" * 1_000_000,
    # Deep ones.
    "deep.mp3": lambda: forge.chapters(1_000),
    "deeper.mp3": lambda: forge.chapters(9_000),
    "deep-contents.mp3": lambda: forge.contents(1_000),
    "deep.m4a": lambda: forge.nested(1_000, b"moov"),
    "deep-in-turn.m4a": lambda: forge.nested(1_000, b"stbl", b"minf", b"mdia", b"trak", b"moov"),
    "deeper.m4a": lambda: forge.nested(20_000, b"moov"),
    "deep-items.m4a": lambda: forge.nested(5_000, b"ilst", b"meta", b"udta", b"moov"),
    "deep.wma": lambda: forge.nested_asf(1_000),
    "deeper.wma": lambda: forge.nested_asf(5_000),
    "deep.wav": lambda: forge.nested_riff(5_000),
    # Sizes that lie.
    "claimed-tag.mp3": lambda: b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + forge.sound(),
    "claimed-picture.mp3": lambda: forge.tagged(
        forge.frame(b"APIC", b"\0image/jpeg\0\3\0", claimed=HUGE)
    ),
    "claimed-picture.flac": lambda: forge.flac((6, forge.picture(HUGE))),
    "claimed-negative-picture.flac": lambda: forge.flac((6, forge.picture(0xFFFFFFFF))),
    "claimed-picture.opus": lambda: forge.tags_page(
        forge.comments(1, b"METADATA_BLOCK_PICTURE=" + b64encode(forge.picture(HUGE)))
    ),
    "claimed-picture.m4a": lambda: forge.items(
        forge.atom(b"covr", forge.atom(b"data", bytes(8) + b"\xff\xd8\xff", HUGE), HUGE + 8)
    ),
    "claimed-picture.wma": lambda: forge.asf(
        forge.asf_object(
            forge.EXTENDED,
            struct.pack("<HH22sHH", 1, 22, "WM/Picture".encode("utf-16-le"), 1, 9)
            + b"\3"
            + struct.pack("<I", HUGE)
            + bytes(4),
        )
    ),
    "claimed-picture.ape": lambda: forge.ape(
        1, 64, struct.pack("<II", HUGE, 2) + b"Cover Art (Front)\0"
    ),
    "claimed-comments.flac": lambda: forge.flac((4, forge.comments(1, b"A=b", told=0xFFFFFFFF))),
    "claimed-comments.opus": lambda: forge.tags_page(forge.comments(1, b"A=b", told=0xFFFFFFFF)),
    "claimed-vendor.opus": lambda: forge.opus(forge.page(b"OpusTags\xff\xff\xff\xff")),
    "claimed-samples.flac": lambda: sounds.whole("flac")[:21] + b"\x0f" + b"\xff" * 4 + bytes(99),
    "no-rate.flac": lambda: sounds.whole("flac")[:18] + bytes(24),
    "endless-page.opus": lambda: forge.opus(forge.page(b"\xff" * 65025, lacing=b"\xff" * 255) * 30),
    "early.opus": lambda: forge.opus(struct.pack("<4sBBqIIIB", b"OggS", 0, 4, -1, 7, 1, 0, 0)),
    "late.opus": lambda: forge.opus(
        struct.pack("<4sBBqIIIB", b"OggS", 0, 4, 2**63 - 1, 7, 1, 0, 0)
    ),
    "no-rate.ogg": lambda: forge.page(b"\x01vorbis" + bytes(23), flags=2) + forge.page(b""),
    "zero.m4a": lambda: forge.mp4(forge.atom(b"moov", b"", 0)),
    "zero-within.m4a": lambda: forge.mp4(forge.atom(b"moov", forge.atom(b"trak", b"", 0))),
    "one.m4a": lambda: forge.mp4(forge.atom(b"moov", b"", 1)),
    "seven.m4a": lambda: forge.mp4(forge.atom(b"moov", forge.atom(b"udta", b"", 7) * 9)),
    "long-zero.m4a": lambda: forge.mp4(forge.long_atom(b"moov", 0)),
    "long-own.m4a": lambda: forge.mp4(forge.long_atom(b"free", 16) * MANY),
    "long-huge.m4a": lambda: forge.mp4(forge.long_atom(b"moov", 2**63 - 1)),
    "long-negative.m4a": lambda: forge.mp4(forge.long_atom(b"moov", 2**64 - 8)),
    "claimed-moov.m4a": lambda: forge.mp4(forge.atom(b"moov", bytes(99), 0x7FFFFFFF)),
    "claimed-table.m4a": lambda: sounds.whole("m4a").replace(
        b"stts\0\0\0\0", b"stts\0\0\0\0\xff", 1
    ),
    "zero.wav": lambda: forge.riff(chunk(b"fmt ", bytes(16)), chunk(b"data", b"")),
    "claimed-tag.wav": lambda: forge.riff(b"id3 \xff\xff\xff\xff", b"ID3\x04\0\0\x7f\x7f\x7f\x7f"),
    "claimed-sound.wav": lambda: forge.riff(b"data\xff\xff\xff\xff"),
    "infinite-rate.aiff": lambda: forge.aiff_rate("7fff8000000000000000"),
    "no-number-rate.aiff": lambda: forge.aiff_rate("7fffffffffffffffffff"),
    "largest-rate.aiff": lambda: forge.aiff_rate("7ffeffffffffffffffff"),
    "no-rate.aiff": lambda: forge.aiff_rate("00" * 10),
    "pointing-home.dsf": lambda: forge.dsf(2, 2822400, 0),
    "pointing-far.dsf": lambda: forge.dsf(2, 2822400, 2**64 - 1),
    "no-rate.dsf": lambda: forge.dsf(0, 0, 92),
    "zero.wma": lambda: forge.asf(forge.asf_object(forge.CONTENT, b"", 0)),
    "small.wma": lambda: forge.asf(forge.asf_object(forge.EXTENDED, b"", 3)),
    "huge.wma": lambda: forge.asf(forge.asf_object(forge.EXTENDED, bytes(9), 2**63)),
    "counted.wma": lambda: forge.asf(
        forge.asf_object(forge.EXTENSION, bytes(22), 24), count=0xFFFFFFFF
    ),
    "claimed-count.ape": lambda: forge.ape(0xFFFFFFFF, 64, bytes(32)),
    "claimed-size.ape": lambda: forge.ape(1, 0xFFFFFFFF, bytes(32)),
    "claimed-tail.mp3": lambda: forge.ape(0xFFFFFFFF, 0x7FFFFFFF, bytes(32), forge.sound()),
    "endless-key.ape": lambda: forge.ape(9, 500_032, b"\1\0\0\0\0\0\0\0" + b"A" * 500_000),
    "still.wv": lambda: b"wvpk" + bytes(28) + sounds.whole("wv"),
    "still.mpc": lambda: b"MPCKSH\0" + bytes(200_000),
    "still.aac": lambda: b"\xff\xf1\x50\x80\0\0\0" * 100_000,
    "xing.mp3": lambda: forge.xing(15, 0xFFFFFFFF, 0xFFFFFFFF),
    "still-xing.mp3": lambda: forge.xing(3, 0, 0),
    "vbri.mp3": lambda: forge.sound()[:36] + b"VBRI" + b"\xff" * 22 + forge.sound()[62:],
}
