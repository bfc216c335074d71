"""Error messages: present under `python -OO`, and with the user's commands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from mediakeep import config, errors
from mediakeep.errors import MediakeepError

_UTILITIES = Path(config.__file__).parents[1]


def _error_classes(base: type[MediakeepError] = MediakeepError) -> Iterator[type[MediakeepError]]:
    yield base
    for child in base.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _error_classes(child)


def test_every_message_is_an_attribute() -> None:
    for error in _error_classes():
        assert error.message, error.__name__
        assert not error.__doc__ or "{}" not in error.__doc__, error.__name__


def test_messages_survive_python_without_docstrings(tmp_path: Path) -> None:
    script = _UTILITIES / "process_music_batch.py"
    command = [str(script), "--home", str(tmp_path), "--batch-size", "1"]
    plain, bare = (
        subprocess.run([sys.executable, *flags, *command], capture_output=True, text=True)
        for flags in ([], ["-OO"])
    )
    assert (bare.returncode, bare.stderr) == (plain.returncode, plain.stderr)
    assert "There is no music queue in" in bare.stderr


def test_the_actions_of_a_queue_manager_keep_their_help() -> None:
    command = [sys.executable, "-OO", str(_UTILITIES / "music_queue_manager.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "Make all failed items pending." in done.stdout
