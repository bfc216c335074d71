"""Each track's bytes, by its format."""

from collections.abc import Callable

from tests.recall.library.model import Track
from tests.recall.sound import asf, flac, lesser, mp4, mpeg, ogg, riff
from tests.recall.sound.mp4 import Layout
from tests.recall.tags import others
from tests.recall.tags.id3 import id3v1, id3v2


def _mp3(track: Track) -> bytes:
    """ID3v2, the sound, APEv2, ID3v1: each where the way asks for it."""
    way = track.way
    head = id3v2(track.tags, track.pictures, way.id3) if way.v2 else b""
    sound = mpeg.mp3(track.sound, way.seconds or 0.35, way.rate or 64, way.info)
    return head + sound + _tail(track)


def _tail(track: Track) -> bytes:
    """What stands behind the sound of a stream without an end of its own."""
    ape = others.apev2(track.way.ape, []) if track.way.ape is not None else b""
    return ape + (id3v1(track.way.v1) if track.way.v1 is not None else b"")


def _aac(track: Track) -> bytes:
    """ID3v2 and ADTS frames."""
    return (
        id3v2(track.tags, track.pictures, track.way.id3)
        + mpeg.adts(track.sound, track.way.seconds)
        + _tail(track)
    )


def _mp4(track: Track) -> bytes:
    """AAC in MP4, or ALAC, or AAC with hardly any bits."""
    way = track.way
    if track.form == "alac":
        sound = mp4.alac(track.sound)
    elif way.seconds:
        sound = mp4.quiet(track.sound, way.seconds)
    else:
        sound = mp4.aac(track.sound)
    if way.locked:
        sound = mp4.lock(sound, way.locked.encode())
    tags = others.ilst(track.tags, track.pictures)
    return mp4.mp4(sound, Layout(way.index_first, way.free, tags))


def _flac(track: Track) -> bytes:
    """FLAC with picture blocks."""
    comments = others.comments(track.tags, [])
    pictures = [others.flac_picture(picture) for picture in track.pictures]
    seconds = track.way.seconds or 3.0
    return flac.flac(track.sound, seconds, comments, pictures, track.way.told) + _tail(track)


def _ogg(track: Track) -> bytes:
    """One of the streams in Ogg."""
    comments = others.comments(track.tags, track.pictures)
    seconds = track.way.seconds
    if track.form == "ogg":
        rate = track.way.rate * 1000 or 48000
        return ogg.vorbis(track.sound, comments, round(seconds / 0.032) or 30, rate)
    if track.form == "opus":
        return ogg.opus(track.sound, comments, round(seconds / 0.02) or 40)
    if track.form == "speex":
        return ogg.speex(track.sound, comments)
    return ogg.flac(track.sound, comments, seconds or 3.0)


def _wma(track: Track) -> bytes:
    """Windows Media Audio."""
    objects = others.asf_objects(track.tags, track.pictures)
    way = track.way
    count = round(way.seconds / 0.032) or 20
    return asf.wma(track.sound, objects, count, way.rate * 1000 or 24000, bool(way.locked))


def _riff(track: Track) -> bytes:
    """WAV or AIFF with ID3 in a chunk; a WAV's own texts stand for what others keep in ID3v1."""
    tag = id3v2(track.tags, track.pictures, track.way.id3)
    first = track.way.tags_first
    if track.form == "aiff":
        return riff.aiff(track.sound, [riff.chunk(b"ID3 ", tag, ">")], tags_first=first)
    chunks = [riff.chunk(b"id3 ", tag)]
    if track.way.v1 is not None:
        chunks.append(riff.info(track.way.v1))
    return riff.wav(track.sound, chunks, tags_first=first)


def _ape_tagged(track: Track) -> bytes:
    """Monkey's Audio, WavPack or Musepack with APEv2 behind."""
    count = round(track.way.seconds / 0.0261)
    if track.form == "ape":
        sound = lesser.monkeys(track.sound)
    elif track.form == "wv":
        sound = lesser.wavpack(track.sound)
    elif track.form == "mpc7":
        sound = lesser.musepack7(track.sound, count or 100)
    else:
        sound = lesser.musepack8(track.sound, count or 12, 20 if count else 100)
    tag = others.apev2(track.tags, track.pictures)
    return sound + tag + (id3v1(track.way.v1) if track.way.v1 is not None else b"")


def _dsf(track: Track) -> bytes:
    """DSF with ID3 behind."""
    return lesser.dsf(track.sound, id3v2(track.tags, track.pictures, track.way.id3))


_WRITERS: dict[str, Callable[[Track], bytes]] = {
    "mp3": _mp3, "aac": _aac, "m4a": _mp4, "alac": _mp4, "flac": _flac, "ogg": _ogg, "opus": _ogg,
    "ogaflac": _ogg, "speex": _ogg, "wma": _wma, "wav": _riff, "aiff": _riff, "ape": _ape_tagged,
    "wv": _ape_tagged, "mpc7": _ape_tagged, "mpc8": _ape_tagged, "dsf": _dsf,
}  # fmt: skip


def render(track: Track) -> bytes:
    """The bytes of the track's file."""
    return track.raw if track.raw is not None else _WRITERS[track.form](track)
