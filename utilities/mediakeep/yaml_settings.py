"""Parse YAML settings, without the merge keys that can repeat values without end."""

from __future__ import annotations

from typing import Any

import yaml

_MERGE_TAG = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # has no types
    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Called before each mapping is built; raise ValueError if it has a merge key."""
        for key, _ in node.value:
            if key.tag == _MERGE_TAG:
                line = key.start_mark.line + 1
                raise ValueError(f"line {line} has a merge key (<<). Copy its values instead")
        super().flatten_mapping(node)


def parse_yaml(data: bytes) -> Any:
    """Parse YAML as `yaml.safe_load` does; raise ValueError if it has a merge key."""
    return yaml.load(data, _Loader)
