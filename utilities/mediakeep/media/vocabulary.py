"""One vocabulary for all tag dialects; a new field is one row in `names` and one line in `Tags`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mediakeep.media.names import FIELDS, Field
from mediakeep.media.reading import Picture, Tags

Native = Mapping[str, Sequence[str]]  # what a file says, under the dialect's own names

# "3/12" holds both; the total has a name of its own in some dialects.
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
    """Give the tags that a file's own texts stand for; a field takes the first of its names."""
    known = _FIELDS[dialect]
    found: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    for name, texts in native.items():
        if texts and (place := known.get(name)):
            field, rank = place
            if field not in ranks or rank <= ranks[field]:
                found[field], ranks[field] = tuple(texts), rank
    return Tags(**_shaped(found, native), pictures=tuple(pictures))


def _shaped(found: dict[str, Any], native: Native) -> dict[str, Any]:
    """Bring numbers, the flag and ID3's old date into the form that `Tags` has for them."""
    for number in _SINGLE & found.keys():
        found[number] = found[number][0]
    for number, total in NUMBERS:
        if "/" in found.get(number, ""):
            found[number], _, rest = map(str.strip, found[number].partition("/"))
            found.setdefault(total, rest)
    if "compilation" in found:
        found["compilation"] = found["compilation"][0].strip().casefold() in _YES
    if "TDAT" in native and "TDRC" not in native and "date" in found:
        found["date"] = _dated(found["date"], native["TDAT"], native.get("TIME", ()))
    return found


def _dated(years: tuple[str, ...], days: Sequence[str], times: Sequence[str]) -> tuple[str, ...]:
    """Join a year with day and month, and hour and minute, that ID3v2.3 keeps as "DDMM", "HHMM"."""
    day, time = ("".join(texts[:1]) for texts in (days, times))
    if len(years) != 1 or len(years[0]) != 4 or not _is_pair(day):
        return years
    date = f"{years[0]}-{day[2:]}-{day[:2]}"
    return (f"{date}T{time[:2]}:{time[2:]}",) if _is_pair(time) else (date,)


def _is_pair(text: str) -> bool:
    return len(text) == 4 and text.isdecimal()
