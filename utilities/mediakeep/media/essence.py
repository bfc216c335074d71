"""The hash of a file's audio alone, the same whatever its tags and pictures say.

    MP3, AAC          all between the tags in front (ID3v2) and behind (ID3v1, APEv2, Lyrics3)
    FLAC              all behind the last metadata block, without tags behind
    MP4               the content of each mdat, and where the first chunk of each track begins in it
    Ogg               the packets before the audio but for the tags (and pictures), then of each
                      page its flags, granule position, table of segments and body
    WAV, AIFF         the chunk that says how to read the samples, then the samples
    DSF               likewise
    WMA               the packets of the data object
    Monkey's Audio, WavPack, Musepack
                      all between the tags in front and behind

The headers that MP3 encoders put into the first frame are part of the audio; FLAC's STREAMINFO is
not, since only its frames sound.
"""

from __future__ import annotations

import hashlib
import os
import struct
from io import BufferedReader
from pathlib import Path

from mediakeep import files
from mediakeep.errors import MediakeepError, NotAudio
from mediakeep.media import access, formats
from mediakeep.media.source import Source
from mediakeep.media.streams import register

_CHUNK = 1 << 20  # bytes read at once


def of(path: Path) -> str:
    """Return the hash of a file's audio, such as "sha256:9f86..."; Unreadable or NotAudio if none.

    The file is read once from beginning to end, and a few megabytes at most are held in memory.
    """
    with access.opened(path) as handle:
        try:
            return _hash(handle, path)
        except OSError as error:
            if isinstance(error, TimeoutError) and error.errno is None:
                raise  # not the disk's time is up, but that of whoever called
            raise access.refusal(path, error) from error
        except (struct.error, IndexError) as error:  # a header that is cut short
            raise NotAudio(files.escape(path), "its header is cut off") from error
        except MediakeepError:
            raise
        except Exception as error:  # hostile bytes bring a parser to raise whatever there is
            raise NotAudio(files.escape(path), "its header is damaged") from error


def _hash(handle: BufferedReader, path: Path) -> str:
    source = Source(handle.fileno(), os.fstat(handle.fileno()).st_size, _CHUNK)
    found = formats.told(source, path.suffix.lower())
    if found is None:
        raise NotAudio(files.escape(path), "no sound begins in it")
    digest, sounding = hashlib.sha256(), False
    for piece in register.of(found[0].name).essence(source):
        if isinstance(piece, bytes):
            digest.update(piece)
            continue
        for at in range(piece.start, piece.end, _CHUNK):
            digest.update(source.read(at, min(_CHUNK, piece.end - at)))
            sounding = True
    if not sounding:
        raise NotAudio(files.escape(path), "it holds no sound")
    return f"sha256:{digest.hexdigest()}"
