"""The script that lists waits finds each sort of them; `make check` runs it over all files."""

from __future__ import annotations

from pathlib import Path

from tests import list_waits
from tests.sampling import each_row


@each_row(
    ("code", "text"),
    [
        ("thread.join(1.0)", "join(1.0)"),
        ("process.wait(timeout=2)", "timeout=2"),
        ("time.sleep(1 / 4)", "sleep(1 / 4)"),
        ("for _ in range(5): time.sleep(0.1)", "sleep(0.1)"),
        ("while True:\n  for _ in range(5): time.sleep(0.1)", "sleep(0.1)"),
        ("PAUSE = 0.5\nevent.wait(PAUSE)", "wait(PAUSE)"),
        ("_LOCK_TIMEOUT = 2.0", "_LOCK_TIMEOUT=2.0"),
        ("def look(deadline: float = 3.0): ...", "deadline=3.0"),
        ("def look(path, longest): ...\nlook('a', 0.5)", "longest=0.5"),
        ("end = time.monotonic() + 5", "time.monotonic() + 5"),
        ("assert time.monotonic() - begun < 5", "time.monotonic() - begun < 5"),
        ("class Policy:\n  max_retries: int = 3", "max_retries=3"),
        ("monkeypatch.setattr(module, '_TIMEOUT', 0.1)", "_TIMEOUT=0.1"),
        ("while True: time.sleep(0.1)", ""),  # the loop decides when it ends
        ("thread.join(60)", ""),
        ("', '.join(names)", ""),
        ("_TIMEOUT = 10.0", ""),
    ],
)
def test_a_planted_one_is_found(tmp_path: Path, code: str, text: str) -> None:
    for folder in list_waits.FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "utilities" / "planted.py").write_text(code + "\n")
    found = [wait.text for wait in list_waits.find_waits(tmp_path)]
    assert (text in found) if text else not found
