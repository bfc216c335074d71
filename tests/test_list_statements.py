"""A kind of jobs that is larger than its limit is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import list_statements

KIND = "from mediakeep.kinds import Kind\nDISCS = Kind('discs', stages=())\n"
COMMAND = "from mediakeep.discs.item import DISCS\n"


@pytest.mark.parametrize(("size", "allowed"), [(1_014, True), (1_015, False)])
def test_a_kind_above_its_limit_is_named(
    size: int, allowed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two statements of the kind, two of its modules elsewhere, and those of its package."""
    root = tmp_path / "utilities" / "mediakeep"
    files = {
        "discs/item.py": KIND,
        "discs/process.py": "a = 1\n" * size,
        "app/subjects/discs.py": f"{COMMAND}b = 1\n",
        "commands/process_discs.py": f"{COMMAND}b = 1\n",
        "commands/jobs.py": "c = 1\n" * 900,  # of all kinds
        "music/item.py": "from mediakeep.kinds import Kind\nMUSIC = Kind('music')\n" * 900,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    assert list_statements.main(tmp_path) == (not allowed)
    out, errors = capsys.readouterr()
    assert f"Kinds of jobs: discs {size + 6:,}\n" in out
    assert ("The kind in mediakeep/discs has 1,021 statements" in errors) == (not allowed)
