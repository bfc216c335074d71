"""Convert the wanted values of tag fields to native tags of one tag format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mediakeep.media.audio.normalize_tags import NUMBER_PAIRS
from mediakeep.media.audio.tag_edits import Values
from mediakeep.media.audio.tag_map import WRITTEN_FIELDS

_MAPPINGS = {field.name: field for field in WRITTEN_FIELDS}
_SEPARATE_TOTALS = "vorbis"
# Picard writes these with their total as "3/12", unless the file has a tag for the total.
_JOINED_TOTALS = frozenset({("ape", "track"), ("ape", "disc"), ("asf", "disc")})
_NUMBER_FIELDS = frozenset(name for pair in NUMBER_PAIRS for name in pair)

NativeTexts = Mapping[str, Sequence[str]]


def native_names(field: str, dialect: str) -> tuple[str, ...]:
    """Return the native names of a tag field in a tag format, the preferred name first."""
    result: tuple[str, ...] = getattr(_MAPPINGS[field], dialect)
    return result


def convert_to_native_tags(
    texts: NativeTexts, dialect: str, wanted: Mapping[str, Values]
) -> dict[str, Values]:
    """Return the native tags to change, with their new values.

    `texts` are all current native tags. The tag that is read for a field gets the new value. Other
    native names of the field keep their value, unless it is a copy of the old one, or the field is
    removed. Names that end in "year" get only the year of a date: beets, for one, reads nothing
    else there.
    """
    result: dict[str, Values] = {}
    for field, values in wanted.items():
        if field not in _NUMBER_FIELDS:
            result |= _assign_values(texts, native_names(field, dialect), values)
    for number, total in NUMBER_PAIRS:
        if number in wanted or total in wanted:
            result |= dict(_assign_number_pair(texts, dialect, (number, total), wanted))
    return result


def changed_names(fields: Iterable[str], dialect: str) -> set[str]:
    """Return the native names that edits of fields may change; a total may be in its number."""
    changed = set(fields)
    for pair in NUMBER_PAIRS:
        changed |= set(pair) if changed & set(pair) else set()
    return {name for field in changed for name in native_names(field, dialect)}


def restore_name_case(field: str, name: str) -> str:
    """Return a native tag name in the case that taggers use; the mapping has one case only.

    The names defined by MusicBrainz are the same in ID3, MP4 and, with a slash, in ASF.
    """
    usual = _MAPPINGS[field].asf[0].replace("/", " ")
    return usual if usual.casefold() == name.casefold() else name.upper()


def _assign_values(
    texts: NativeTexts, names: tuple[str, ...], values: Values
) -> Iterator[tuple[str, Values]]:
    usual = names[0]
    speaking = next((name for name in names if texts.get(name)), usual)
    old = tuple(texts.get(speaking, ()))
    if _fit_year(speaking, usual, values) != values:
        yield usual, values
    yield speaking, _fit_year(speaking, usual, values)
    for name in names:
        copied = tuple(texts.get(name, ())) == _fit_year(name, usual, old)
        if name != speaking and name in texts and (copied or not values):
            yield name, _fit_year(name, usual, values)


def _fit_year(name: str, usual: str, values: Values) -> Values:
    """Return the values to write under a native tag name.

    A name that ends in "year", and is not the usual one, gets only the year of a date.
    """
    if name == usual or not name.endswith("year"):
        return values
    return tuple(text[:4] if text[4:5] == "-" else text for text in values)


def _assign_number_pair(
    texts: NativeTexts, dialect: str, pair: tuple[str, str], wanted: Mapping[str, Values]
) -> Iterator[tuple[str, Values]]:
    """Yield the native tags for a number and its total, in one text or two as stored now.

    A Vorbis comment that contains both is split: players look for a separate total.
    """
    number, total = pair
    name = next((name for name in native_names(number, dialect) if texts.get(name)), "")
    totals = [name for name in native_names(total, dialect) if texts.get(name)]
    stored_number, stroke, stored_total = (texts[name][0] if name else "").partition("/")
    name = name or native_names(number, dialect)[0]
    new = wanted.get(number, (stored_number.strip(),))
    alone = total not in wanted
    whole = wanted.get(total, tuple(texts[totals[0]][:1]) if totals else (stored_total.strip(),))
    first, second = "".join(new), "".join(whole)
    parted = bool(stroke) and dialect == _SEPARATE_TOTALS
    is_joined = (
        not native_names(total, dialect)
        or (stroke and not parted)
        or ((dialect, number) in _JOINED_TOTALS and not totals)
    )
    if is_joined:
        joined = f"{first}/{second}" if second else first
        yield name, (joined,) if joined else ()
    elif number in wanted or parted:
        yield name, new if first else ()
    if parted or (not alone and (totals or not is_joined)):
        for total_name in totals or native_names(total, dialect)[:1]:
            yield total_name, whole if second else ()
