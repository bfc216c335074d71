"""Parse YAML to nodes with their lines and columns, without aliases, tags and deep nesting.

Aliases repeat values without end ("billion laughs"), and tags such as !!python/object name code.
Both are collected as problems, so that they are reported together with all others.
"""

from __future__ import annotations

from typing import Any

import yaml

Problem = tuple[int, int, str]  # line and column from 1, and the problem with its cure

_MAX_DEPTH = 20  # of mappings and lists; a pipeline has six
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value")
}


class InvalidYAML(Exception):
    """Raised with line, column and problem if a document cannot be parsed at all."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # has no types
    """Composes nodes; an alias becomes an empty value."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.problems: list[Problem] = []
        self._depth = 0

    def compose_node(self, parent: yaml.Node, index: Any) -> yaml.Node:
        """Called for each value and key."""
        event = self.peek_event()
        place = event.start_mark.line + 1, event.start_mark.column + 1
        if self.check_event(yaml.AliasEvent):
            self.get_event()
            text = f"the alias *{event.anchor} repeats a value. Write the value instead."
            self.problems.append((*place, text))
            return yaml.ScalarNode("tag:yaml.org,2002:null", "", event.start_mark)
        if self._depth >= _MAX_DEPTH:
            raise InvalidYAML(*place, "values are nested too deeply. Remove brackets or indents.")
        self._depth += 1
        event.anchor = None
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node.tag not in _PLAIN_TAGS:
            self.problems.append((*place, f"the tag {node.tag} is not allowed. Remove it."))
            node.tag = self.resolve(type(node), getattr(node, "value", ""), (True, False))
        return node


def parse(data: bytes, content: str) -> tuple[yaml.Node, list[Problem]]:
    """Return the root node of a document, and its aliases and tags as problems.

    Raise InvalidYAML if it cannot be parsed, or if it is empty; `content` is what it should have.
    """
    try:
        loader = _Loader(data.decode())
        root = loader.get_single_node()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidYAML(line, 1, "the text is not UTF-8. Save the file as UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        text = f"{error.problem}. Check quotes, brackets, colons and indents there."
        if isinstance(error, yaml.composer.ComposerError):
            text = "a second document begins. Remove it."
        raise InvalidYAML(mark.line + 1, mark.column + 1, text) from error
    except yaml.reader.ReaderError as error:
        line = data.decode()[: error.position].count("\n") + 1
        raise InvalidYAML(line, 1, "it has a control character. Remove it.") from error
    if root is None:
        raise InvalidYAML(1, 1, f"it is empty. Write {content}.")
    return root, loader.problems


def build_value(node: yaml.Node) -> Any:
    """Return the value of a node; raise ValueError if it cannot be built."""
    try:
        return yaml.constructor.SafeConstructor().construct_object(node, deep=True)
    except (yaml.YAMLError, TypeError) as error:
        raise ValueError(getattr(error, "problem", None) or error) from error
