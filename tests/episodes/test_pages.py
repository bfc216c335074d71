"""The examples and tables of the page on the state of episodes."""

from __future__ import annotations

import doctest
import functools
from pathlib import Path

import msgspec
import pytest

from mediakeep import setting_fields
from mediakeep.episodes.exports.document import EpisodeState
from mediakeep.episodes.settings import EpisodeSettings
from mediakeep.episodes.states import TRANSITIONS
from tests import documents
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


def test_every_setting_is_documented_with_its_default() -> None:
    path, settings = ROOT / "docs/migrate-episodes.md", EpisodeSettings()
    rows = {row[0]: row[1] for row in documents.rows(path, "## Settings")}
    fields = [field.path for field in setting_fields.list_file_fields([EpisodeSettings])]
    values = {".".join(names): functools.reduce(getattr, names, settings) for names in fields}
    assert rows == {
        f"`{name}`": f"`{msgspec.json.encode(value).decode()}`" for name, value in values.items()
    }
