"""Write docs/processors.md from the descriptions of the processors.

.venv/bin/python -m tests.processors.processors_page
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep import setting_fields
from mediakeep.processors import registry
from mediakeep.processors.interface import Description

PAGE = Path(__file__).resolve().parents[2] / "docs" / "processors.md"
_HEAD = """\
# Processors

The processors of the [audio toolkit](audio-toolkit.md), as steps of [pipelines](pipelines.md) and
in Python name them. This page is generated from their descriptions, by
`.venv/bin/python -m tests.processors.processors_page`.
"""


def render() -> str:
    """Return the page."""
    parts = [registry.get_processor(name).description for name in registry.BUILT_IN]
    return "\n".join([_HEAD, *(line for one in parts for line in _describe(one))])


def _describe(one: Description) -> Iterator[str]:
    yield f"## {one.name}\n"
    extra = f' Needs `pip install "mediakeep[{one.extra}]"`.' if one.extra else ""
    yield f"{one.summary} Category {one.category}, version {one.version}.{extra}\n"
    yield "| Parameter | Value | Default | Meaning |\n|---|---|---|---|"
    for field in setting_fields.list_fields(one.parameters, (one.name,)):
        default = "required"
        if field.default is not msgspec.UNSET:
            text = field.format_value(field.default)
            default = f"`{text}`" if text else ""
        yield f"| `{field.name}` | {field.describe_values()} | {default} | {field.help} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(render())
