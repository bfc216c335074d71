"""Convert target values of fields to native tags of a format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mediakeep.media.edits.changes import Values
from mediakeep.media.names import FIELDS
from mediakeep.media.vocabulary import NUMBERS

_NAMES = {field.name: field for field in FIELDS}
_APART = "vorbis"
_PAIRED = frozenset(name for pair in NUMBERS for name in pair)

Texts = Mapping[str, Sequence[str]]


def names(field: str, dialect: str) -> tuple[str, ...]:
    """Return the native names of a field in a tag format, the preferred one first."""
    result: tuple[str, ...] = getattr(_NAMES[field], dialect)
    return result


def translate(texts: Texts, dialect: str, wanted: Mapping[str, Values]) -> dict[str, Values]:
    """Return the new values of native tags, given all current ones.

    The tag that is read for a field gets the new value. Other names of the field keep their value,
    unless it is a copy of the old one, or the field is removed. Names that end in "year" get only
    the year of a date: beets, for one, reads nothing else there.
    """
    result: dict[str, Values] = {}
    for field, values in wanted.items():
        if field not in _PAIRED:
            result |= _assigned(texts, names(field, dialect), values)
    for number, total in NUMBERS:
        if number in wanted or total in wanted:
            result |= dict(_numbered(texts, dialect, (number, total), wanted))
    return result


def spelt(field: str, name: str) -> str:
    """Return a name in the case that taggers use; the mapping has one case only.

    The names defined by MusicBrainz are the same in ID3, MP4 and, with a slash, in ASF.
    """
    usual = _NAMES[field].asf[0].replace("/", " ")
    return usual if usual.casefold() == name.casefold() else name.upper()


def _assigned(texts: Texts, names: tuple[str, ...], values: Values) -> Iterator[tuple[str, Values]]:
    usual = names[0]
    speaking = next((name for name in names if texts.get(name)), usual)
    old = tuple(texts.get(speaking, ()))
    if _fitting(speaking, usual, values) != values:
        yield usual, values
    yield speaking, _fitting(speaking, usual, values)
    for name in names:
        copied = tuple(texts.get(name, ())) == _fitting(name, usual, old)
        if name != speaking and name in texts and (copied or not values):
            yield name, _fitting(name, usual, values)


def _fitting(name: str, usual: str, values: Values) -> Values:
    """Return the values for a name: only the year for secondary names that end in "year"."""
    if name == usual or not name.endswith("year"):
        return values
    return tuple(text[:4] if text[4:5] == "-" else text for text in values)


def _numbered(
    texts: Texts, dialect: str, pair: tuple[str, str], wanted: Mapping[str, Values]
) -> Iterator[tuple[str, Values]]:
    """Yield number and total in one text or two, as they are stored now.

    A Vorbis comment with both in one is split: players look for a separate total.
    """
    number, total = pair
    name = next((name for name in names(number, dialect) if texts.get(name)), "")
    totals = [name for name in names(total, dialect) if texts.get(name)]
    held, stroke, rest = (texts[name][0] if name else "").partition("/")
    name = name or names(number, dialect)[0]
    new = wanted.get(number, (held.strip(),))
    alone = total not in wanted
    whole = wanted.get(total, tuple(texts[totals[0]][:1]) if totals else (rest.strip(),))
    first, second = "".join(new), "".join(whole)
    parted = bool(stroke) and dialect == _APART
    if not names(total, dialect) or (stroke and not parted):
        joined = f"{first}/{second}" if second else first
        yield name, (joined,) if joined else ()
    elif number in wanted or parted:
        yield name, new if first else ()
    if parted or (not alone and (totals or not stroke)):
        for one in totals or names(total, dialect)[:1]:
            yield one, whole if second else ()
