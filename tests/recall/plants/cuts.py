"""Files whose end is missing."""

from tests.recall.library.model import APE, Track
from tests.recall.library.render import render
from tests.recall.plants.ground import FORMS, Ground
from tests.recall.tags.id3 import id3v2
from tests.recall.tags.others import apev2

_FORMS = tuple(form for form in FORMS if form not in {"aac", "mpc7"})
_OGG = frozenset({"ogg", "opus", "ogaflac", "speex"})
# The least that the documents call missing in each format, and a little more.
_SLIGHT = {
    "mp3": 5000, "flac": 30, "ogaflac": 1, "ogg": 1, "opus": 1, "speex": 1, "m4a": 8, "alac": 8,
    "wma": 40, "wav": 100, "aiff": 100, "ape": 5, "wv": 20, "mpc8": 3, "dsf": 50,
}  # fmt: skip


def truncated_audio(ground: Ground, turn: int) -> None:
    """The end is missing: of the sound a half or so, its last bytes, or in Ogg its last page.

    Without any of that page, no audio is known to be missing: the kind would be incomplete-end.
    """
    album, track = ground.track(turn, _FORMS)
    way = track.way
    way.tags_first, way.v1, way.ape = turn % 3 != 0, None, None
    if track.form == "mp3":
        way.info, way.seconds = ("Info", "Xing", "VBRI")[turn % 3], 2.5
    elif track.form in {"flac", "ogaflac"}:
        way.seconds = 40
    elif track.form in {"wav", "aiff", "dsf"} or track.form in APE:
        track.pictures = []
    whole = render(track)
    if turn // len(_FORMS) % 2:
        track.raw = whole[: len(whole) - _behind(track) - _SLIGHT[track.form]]
    elif track.form in _OGG and turn % 2:
        track.raw = whole[: whole.rindex(b"OggS") + 20]  # within its header
    else:
        head = _head(track)
        track.raw = whole[: head + int((len(whole) - head) * ground.chance.uniform(0.3, 0.6))]
    ground.add("truncated-audio", album, track)


def _behind(track: Track) -> int:
    """The size of the tags behind the sound."""
    if track.form in APE:
        return len(apev2(track.tags, track.pictures))
    if track.form == "dsf":
        return len(id3v2(track.tags, track.pictures, track.way.id3))
    if track.form in {"wav", "aiff"} and not track.way.tags_first:
        return len(id3v2(track.tags, track.pictures, track.way.id3)) + 8
    return 0


def _head(track: Track) -> int:
    """How much a cut shall spare: all that comes before the sound, where that holds the tags."""
    whole = render(track)
    if track.form in _OGG:
        return whole.index(b"OggS", whole.index(b"OggS", 4) + 4)
    if track.form in {"mp3", "m4a", "alac", "flac", "wma"}:
        other = track.twin()
        other.sound += " again"
        pairs = enumerate(zip(whole[400:], render(other)[400:], strict=False))
        return 400 + next(at for at, (one, two) in pairs if one != two)
    return 200
