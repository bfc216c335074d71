"""What a master report covers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec


class ReportedItem(msgspec.Struct, frozen=True, gc=False):
    """A completed item: the name to display, and the name of its outputs."""

    name: str
    output_name: str


class MasterReportScope(msgspec.Struct, frozen=True):
    """The library of a master report, its completed items, and how many others it has."""

    home: Path
    library: str
    written: str  # UTC
    items: tuple[ReportedItem, ...]
    others: Mapping[str, int]  # by the reason why they are left out
