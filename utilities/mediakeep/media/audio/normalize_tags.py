"""Convert the native tags of all formats to the common fields of `Tags`.

A new field takes one row in `tag_map`, and one line in `Tags`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mediakeep.media.audio.model import EmbeddedPicture, Tags
from mediakeep.media.audio.tag_map import TAG_MAP, TagMapping

NativeTags = Mapping[str, Sequence[str]]  # texts by native name

# "3/12" contains both; some formats have a separate name for the total.
NUMBER_PAIRS = (("track", "track_total"), ("disc", "disc_total"))

TAG_FORMATS = tuple(name for name in TagMapping.__struct_fields__ if name != "name")

_SINGLE_VALUE = frozenset(name for pair in NUMBER_PAIRS for name in pair)
_TRUE_TEXTS = frozenset({"1", "true", "yes"})
_FIELDS_BY_FORMAT: Mapping[str, Mapping[str, tuple[str, int]]] = {
    dialect: {
        name: (field.name, rank)
        for field in TAG_MAP
        for rank, name in enumerate(getattr(field, dialect))
    }
    for dialect in TAG_FORMATS
}


def normalize(native: NativeTags, dialect: str, pictures: Iterable[EmbeddedPicture] = ()) -> Tags:
    """Convert native tags of one tag format to the common fields of `Tags`.

    If a field has several native names, the first one that is present wins.
    """
    mapping = _FIELDS_BY_FORMAT[dialect]
    fields: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    for name, texts in native.items():
        if texts and (target := mapping.get(name)):
            field, rank = target
            if field not in ranks or rank <= ranks[field]:
                fields[field], ranks[field] = tuple(texts), rank
    return Tags(**_convert_types(fields, native), pictures=tuple(pictures))


def _convert_types(fields: dict[str, Any], native: NativeTags) -> dict[str, Any]:
    """Return field values converted from texts to the types that `Tags` has.

    This concerns numbers, the compilation flag and the dates of ID3v2.3.
    """
    for number in _SINGLE_VALUE & fields.keys():
        fields[number] = fields[number][0]
    for number, total in NUMBER_PAIRS:
        if "/" in fields.get(number, ""):
            fields[number], _, rest = map(str.strip, fields[number].partition("/"))
            fields.setdefault(total, rest)
    if "compilation" in fields:
        fields["compilation"] = fields["compilation"][0].strip().casefold() in _TRUE_TEXTS
    if "TDAT" in native and "TDRC" not in native and "date" in fields:
        fields["date"] = _join_date(fields["date"], native["TDAT"], native.get("TIME", ()))
    return fields


def _join_date(
    years: tuple[str, ...], days: Sequence[str], times: Sequence[str]
) -> tuple[str, ...]:
    """Join the year, day ("DDMM") and time ("HHMM") that ID3v2.3 stores in separate frames."""
    day, time = ("".join(texts[:1]) for texts in (days, times))
    if len(years) != 1 or len(years[0]) != 4 or not _is_four_digits(day):
        return years
    date = f"{years[0]}-{day[2:]}-{day[:2]}"
    return (f"{date}T{time[:2]}:{time[2:]}",) if _is_four_digits(time) else (date,)


def _is_four_digits(text: str) -> bool:
    return len(text) == 4 and text.isdecimal()
