"""Hash the audio essence of a file, which does not depend on its tags and pictures.

    MP3, AAC          all bytes between leading (ID3v2) and trailing tags (ID3v1, APEv2, Lyrics3)
    FLAC              all bytes after the last metadata block, without trailing tags
    MP4               the content of each mdat, and the offset of each track's first chunk in it
    Ogg               the header packets without tags and pictures, then of each page its flags,
                      granule position, segment table and body
    WAV, AIFF         the format chunk, then the samples
    DSF               the same
    WMA               the packets of the data object
    Monkey's Audio, WavPack, Musepack, True Audio
                      all bytes between leading and trailing tags

The header that MP3 encoders write into the first frame (Xing) is part of the essence; FLAC's
STREAMINFO is not, since only the frames contain audio.
"""

from __future__ import annotations

import hashlib
import os
import struct
from io import BufferedReader
from pathlib import Path

from mediakeep import path_text
from mediakeep.errors import MediakeepError, NotAudio
from mediakeep.media import open_file
from mediakeep.media.audio import formats, registry
from mediakeep.media.bounded_file import BoundedFile

_CHUNK = 1 << 20  # bytes read at once


def compute_audio_hash(path: Path) -> str:
    """Return the hash of the audio in a file without its tags, such as "sha256:9f86...".

    Raises Unreadable or NotAudio. The file is read once, with a few megabytes of memory at most.
    """
    with open_file.open_regular_file(path) as handle, open_file.translate_errors(path):
        try:
            return _hash_essence(handle, path)
        except (MediakeepError, OSError):
            raise
        except (struct.error, IndexError) as error:  # a truncated header
            raise NotAudio(path_text.escape_path(path), "its header is truncated") from error
        except Exception as error:  # malformed bytes may raise anything in a parser
            raise NotAudio(path_text.escape_path(path), "its header is damaged") from error


def _hash_essence(handle: BufferedReader, path: Path) -> str:
    source = BoundedFile(handle.fileno(), os.fstat(handle.fileno()).st_size, _CHUNK)
    detected = formats.detect_in_source(source, path.suffix.lower())
    if detected is None:
        raise NotAudio(path_text.escape_path(path), "it contains no audio data")
    digest, has_audio = hashlib.sha256(), False
    for piece in registry.get_parser(detected[0].name).iter_essence(source):
        if isinstance(piece, bytes):
            digest.update(piece)
            continue
        for at in range(piece.start, piece.end, _CHUNK):
            digest.update(source.read(at, min(_CHUNK, piece.end - at)))
            has_audio = True
    if not has_audio:
        raise NotAudio(path_text.escape_path(path), "it contains no audio data")
    return f"sha256:{digest.hexdigest()}"
