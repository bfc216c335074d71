"""Parse MP4 files: the atom `mdat` holds the audio, and `moov` the tables of its chunks.

After ISO/IEC 14496-12, sections 4.2 (atoms), 8.1 and 8.7; the names of protected audio after
14496-12 section 8.12 and what Apple and Audible write.

The duration of a fragmented file is found after ISO/IEC 14496-12 (8.8 and 8.16.3): its tables in
`moov` are empty, and each `moof` describes the samples of the next `mdat`.
"""

from __future__ import annotations

import struct
from functools import partial
from itertools import takewhile

from msgspec import structs

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.mp4 import atoms, audio_track, mp4_tags, tracks
from mediakeep.media.audio.mp4.atoms import Atom
from mediakeep.media.audio.mp4.tracks import Mp4Movie, TrackAtoms
from mediakeep.media.audio.parsed_file import EssenceParts, ParsedFile, parse_or_none
from mediakeep.media.audio.stream_check import StreamCheck, missing_bytes_text
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_TOP_LEVEL_ATOMS = frozenset(
    {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta", b"pnot", b"udta"}
    | {b"moof", b"mfra", b"sidx", b"ssix", b"styp", b"emsg", b"prft", b"pdin"}
)
_REQUIRED_ATOMS = {b"moov", b"mdat"}
_MAX_ATOMS = 20_000  # atoms; a long fragmented audiobook has some thousands
_DRM_SCHEMES = {b"drms": "FairPlay", b"enca": "Common Encryption", b"aavd": "Audible"}
_MAX_RUNS = 256  # `trun` atoms in one fragment
_MAX_RUN_SIZE = 65_536  # bytes of one `trun`
# The optional fields of `tfhd` before the default sample duration, by flag: their sizes in bytes.
_HEADER_FIELDS = ((0x01, 8), (0x02, 4))
_DEFAULT_DURATION_FLAG = 0x08
_RUN_DATA_OFFSET_FLAG, _RUN_FIRST_FLAGS_FLAG = 0x01, 0x04
_RUN_DURATION_FLAG = 0x100
_RUN_SAMPLE_FLAGS = (0x100, 0x200, 0x400, 0x800)  # each adds 4 bytes to a sample


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the `moov` header and the tags of an MP4 file.

    Raises ValueError if the header or an audio track is missing.
    """
    header = source.call_once_and_cache(_read_movie)
    if header is None:
        raise ValueError("no moov")
    infos = (
        (track, info)
        for track in header.tracks
        if (info := audio_track.parse_audio_track(source, track))
    )
    track, info = next(infos, ({}, None))
    if info is None:
        raise ValueError("no audio track")
    if header.fragment_defaults and not info.length:
        info = structs.replace(info, length=_fragmented_length(source, header, track))
    tags = mp4_tags.find_tag_list(source, header.user_data) if header.user_data else None
    block = parse_or_none(partial(mp4_tags.read_tags, source, tags)) if tags else None
    return ParsedFile(info=info, blocks=[block] if block else [])


def _fragmented_length(source: BoundedFile, header: Mp4Movie, track: TrackAtoms) -> float:
    scale = audio_track.parse_media_header(source, track.get(b"mdhd"))[0]
    units = find_duration(source, _read_top_level_atoms(source), header, track)
    return units / scale if scale else 0.0


def has_video_track(source: BoundedFile) -> bool:
    """Return True if an MP4 file has a video track; chapter images count as one."""
    handlers = (
        track.get(b"hdlr")
        for track in (source.call_once_and_cache(_read_movie) or Mp4Movie()).tracks
    )
    return any(atom and source.read(atom.start + 8, 4) == b"vide" for atom in handlers)


def check_stream(source: BoundedFile) -> StreamCheck:
    """Compare the declared ends of MP4 atoms and chunks with the file size, and detect DRM."""
    top, header = (
        _read_top_level_atoms(source),
        source.call_once_and_cache(_read_movie) or Mp4Movie(),
    )
    payload = sum(atom.size for atom in top if atom.name == b"mdat")
    return StreamCheck(
        payload, _missing_data_text(source, top, header), _drm_scheme(source, header)
    )


def iter_essence(source: BoundedFile) -> EssenceParts:
    """Yield the audio of an MP4 file: each `mdat`, then the offset of each track's first chunk.

    The offsets are included because identical audio cannot be played with wrong chunk tables.
    """
    spans = [
        ByteRange(atom.start, atom.end)
        for atom in _read_top_level_atoms(source)
        if atom.name == b"mdat"
    ]
    header = source.call_once_and_cache(_read_movie) or Mp4Movie()
    for span in spans:
        yield span.size.to_bytes(8)
        yield span
    for first, _ in tracks.iter_chunk_offsets(source, header.tracks):
        mdat_start = next((span.start for span in spans if span.start <= first < span.end), 0)
        yield (first - mdat_start).to_bytes(9, signed=True)


def find_track(source: BoundedFile, handler: bytes) -> TrackAtoms | None:
    """Return the first track with a handler such as b"soun" or b"text", or None."""
    for track in (source.call_once_and_cache(_read_movie) or Mp4Movie()).tracks:
        atom = track.get(b"hdlr")
        if atom and source.read(atom.start + 8, 4) == handler:
            return track
    return None


def read_sample_entry(source: BoundedFile, track: TrackAtoms) -> bytes:
    """Return the box that describes the codec of a track, or b"" if it has none."""
    descriptions = track.get(b"stsd")
    if descriptions is None:
        return b""
    start = descriptions.start + 8  # after the flags and a count
    return source.read(start, int.from_bytes(source.read(start, 4)))


def _read_movie(source: BoundedFile) -> Mp4Movie | None:
    for atom in atoms.walk_atoms(source, surrounding_tags.find_audio_start(source), source.size):
        if atom.name == b"moov":
            return tracks.parse_movie(source, atom)
    return None


def _read_top_level_atoms(source: BoundedFile) -> list[Atom]:
    """Return the top-level MP4 atoms, up to the end or to other data such as an ID3v1 tag."""
    walk = atoms.walk_atoms(
        source, surrounding_tags.find_audio_start(source), source.size, _MAX_ATOMS
    )
    return list(takewhile(lambda atom: atom.name in _TOP_LEVEL_ATOMS, walk))


def _drm_scheme(source: BoundedFile, header: Mp4Movie) -> str:
    """Return the name of the DRM scheme of an MP4 file, or "" if it is not protected.

    The first sample entry names the scheme; it follows a count.
    """
    for track in header.tracks:
        descriptions = track.get(b"stsd")
        if descriptions and (scheme := _DRM_SCHEMES.get(source.read(descriptions.start + 12, 4))):
            return scheme
    return ""


def _missing_data_text(source: BoundedFile, top: list[Atom], header: Mp4Movie) -> str:
    if not top:
        return ""
    last, names = top[-1], {atom.name for atom in top}
    if last.claimed_end > source.size:
        return missing_bytes_text(source.size, last.claimed_end)
    if not names >= _REQUIRED_ATOMS:
        is_complete = top[0].name == b"ftyp" and source.size - last.end < 8  # no other data follows
        return "a part without which it cannot be played is missing" if is_complete else ""
    furthest = max(
        (last for _, last in tracks.iter_chunk_offsets(source, header.tracks)), default=0
    )
    return missing_bytes_text(source.size, furthest + 1) if furthest >= source.size else ""


def find_duration(source: BoundedFile, top: list[Atom], movie: Mp4Movie, track: TrackAtoms) -> int:
    """Return the duration of a track of a fragmented file in its own time units, 0 if unknown.

    It is the decode time of the last fragment, plus the durations of its samples.
    """
    header = track.get(b"tkhd")
    if header is None or movie.fragment_defaults is None:
        return 0
    head = source.read(header.start, 24)
    track_id = head[20:24] if head[:1] == b"\1" else head[12:16]
    default = _default_sample_duration(source, movie.fragment_defaults, track_id)
    for fragment in reversed([atom for atom in top if atom.name == b"moof"]):
        for part in atoms.walk_atoms(source, fragment.start, fragment.end, _MAX_RUNS):
            if part.name == b"traf" and (end := _fragment_end(source, part, track_id, default)):
                return end
    return 0


def _default_sample_duration(source: BoundedFile, defaults: Atom, track_id: bytes) -> int:
    for atom in atoms.walk_atoms(source, defaults.start, defaults.end, _MAX_RUNS):
        data = source.read(atom.start, 16)
        if atom.name == b"trex" and data[4:8] == track_id:
            return int.from_bytes(data[12:16])
    return 0


def _fragment_end(source: BoundedFile, fragment: Atom, track_id: bytes, default: int) -> int:
    """Return the time at which a track fragment ends; 0 for another track or without a time."""
    start, durations = None, 0
    for atom in atoms.walk_atoms(source, fragment.start, fragment.end, _MAX_RUNS):
        data = source.read(atom.start, min(atom.size, _MAX_RUN_SIZE))
        flags = int.from_bytes(data[1:4])
        if atom.name == b"tfhd":
            if data[4:8] != track_id:
                return 0
            at = 8 + sum(size for flag, size in _HEADER_FIELDS if flags & flag)
            if flags & _DEFAULT_DURATION_FLAG:
                default = int.from_bytes(data[at : at + 4])
        elif atom.name == b"tfdt":
            start = int.from_bytes(data[4:12] if data[:1] == b"\1" else data[4:8])
        elif atom.name == b"trun":
            durations += _run_duration(data, flags, default)
    return 0 if start is None else start + durations


def _run_duration(data: bytes, flags: int, default: int) -> int:
    count = int.from_bytes(data[4:8])
    if not flags & _RUN_DURATION_FLAG:
        return count * default
    at = 8 + 4 * bool(flags & _RUN_DATA_OFFSET_FLAG) + 4 * bool(flags & _RUN_FIRST_FLAGS_FLAG)
    width = 4 * sum(bool(flags & flag) for flag in _RUN_SAMPLE_FLAGS)
    count = min(count, (len(data) - at) // width)
    return sum(struct.unpack_from(">I", data, at + index * width)[0] for index in range(count))
