"""Write YAML: mappings, lists of mappings, and JSON for all other values, which is valid YAML.

PyYAML takes a hundred times as long, even with libyaml, which counts for ten thousands of files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # YAML 1.2, section 5.1


def render(values: Mapping[str, Any]) -> str:
    """Return the YAML of builtin values."""
    return "".join(f"{line}\n" for line in _render_mapping(values, ""))


def _render_mapping(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, value in values.items():
        is_list = isinstance(value, list | tuple) and value and isinstance(value[0], dict)
        if (value and isinstance(value, dict)) or is_list:
            yield f"{indent}{name}:"
            entries = value if is_list else [value]
            for entry in entries:
                lines = [*_render_mapping(entry, f"{indent}  ")]
                mark = f"{indent}- " if is_list else f"{indent}  "
                yield from (f"{mark}{lines[0].lstrip()}", *lines[1:])
        else:
            text = _UNPRINTABLE.sub(_escape, msgspec.json.encode(value).decode())
            yield f"{indent}{name}: {text}"


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
