"""Convert the native tags of all formats to `Tags`.

A new field takes one row in `tag_map`, and one line in `Tags`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mediakeep.media.names import FIELDS, Field
from mediakeep.media.reading import Picture, Tags

Native = Mapping[str, Sequence[str]]  # texts by native name

# "3/12" contains both; some formats have a separate name for the total.
NUMBERS = (("track", "track_total"), ("disc", "disc_total"))

DIALECTS = tuple(name for name in Field.__struct_fields__ if name != "name")

_SINGLE = frozenset(name for pair in NUMBERS for name in pair)
_YES = frozenset({"1", "true", "yes"})
_FIELDS: Mapping[str, Mapping[str, tuple[str, int]]] = {
    dialect: {
        name: (field.name, rank)
        for field in FIELDS
        for rank, name in enumerate(getattr(field, dialect))
    }
    for dialect in DIALECTS
}


def translate(native: Native, dialect: str, pictures: Iterable[Picture] = ()) -> Tags:
    """Return the normalized tags; for each field, the first of its native names wins."""
    mapping = _FIELDS[dialect]
    fields: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    for name, texts in native.items():
        if texts and (target := mapping.get(name)):
            field, rank = target
            if field not in ranks or rank <= ranks[field]:
                fields[field], ranks[field] = tuple(texts), rank
    return Tags(**_shaped(fields, native), pictures=tuple(pictures))


def _shaped(fields: dict[str, Any], native: Native) -> dict[str, Any]:
    """Convert numbers, the compilation flag and the dates of ID3v2.3 to the types of `Tags`."""
    for number in _SINGLE & fields.keys():
        fields[number] = fields[number][0]
    for number, total in NUMBERS:
        if "/" in fields.get(number, ""):
            fields[number], _, rest = map(str.strip, fields[number].partition("/"))
            fields.setdefault(total, rest)
    if "compilation" in fields:
        fields["compilation"] = fields["compilation"][0].strip().casefold() in _YES
    if "TDAT" in native and "TDRC" not in native and "date" in fields:
        fields["date"] = _dated(fields["date"], native["TDAT"], native.get("TIME", ()))
    return fields


def _dated(years: tuple[str, ...], days: Sequence[str], times: Sequence[str]) -> tuple[str, ...]:
    """Join the year, day ("DDMM") and time ("HHMM") that ID3v2.3 stores separately."""
    day, time = ("".join(texts[:1]) for texts in (days, times))
    if len(years) != 1 or len(years[0]) != 4 or not _is_pair(day):
        return years
    date = f"{years[0]}-{day[2:]}-{day[:2]}"
    return (f"{date}T{time[:2]}:{time[2:]}",) if _is_pair(time) else (date,)


def _is_pair(text: str) -> bool:
    return len(text) == 4 and text.isdecimal()
