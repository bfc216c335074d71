"""The examples and tables of the page on the state of episodes."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from mediakeep.episodes.exports.document import EpisodeState
from mediakeep.episodes.states import TRANSITIONS
from tests.documents import ROOT
from tests.episodes.queues import create_queue

PAGE = (ROOT / "docs/episode-exports.md").read_text()


def test_examples_in_python_print_what_the_page_says(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_queue(memory, ["first-show", "second-show"]).close()
    monkeypatch.chdir(memory)
    test = doctest.DocTestParser().get_doctest(PAGE, {}, "page", "page", 0)
    assert len(test.examples) > 8
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


def test_tables_are_complete() -> None:
    for old, new in TRANSITIONS.items():
        following = ", ".join(f"`{state}`" for state in new)
        assert f"| `{old}` | {following}{' ' if following else ''}|" in PAGE, old
    assert all(f"| `{name}` |" in PAGE for name in EpisodeState.__struct_fields__)
