"""Shells complete commands, options and names, also those with spaces and commas."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mediakeep.app.reviews.answer_log import Answer, AnswerLog
from mediakeep.views import review
from tests.commands import hands
from tests.commands.conftest import environment
from tests.music import shelf
from tests.patience import PATIENCE
from tests.scripts import SCRIPTS

NAME = "Sum, of Us"
IDS = (("missing-date", "00aa00000001"), ("mojibake", "12aa00000002"))
_ZSH = "autoload -Uz compinit && compinit -D -u; "


@pytest.fixture(scope="module")
def shells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell that finds mediakeep, and a home with an artist."""
    folder = tmp_path_factory.mktemp("shells")
    home = hands.library(folder)
    (home.music / "Vera").rename(home.music / NAME)
    for name in ("Vela", "Velvet Harbour", "velour"):
        shelf.put(home.music / name / "Dawn" / "1 One.mp3", artist=name)
    program = folder / "bin" / "mediakeep"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m mediakeep "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    more = {"MEDIAKEEP_HOME": str(home.path), "PYTHONPATH": str(SCRIPTS), "PATH": path}
    found = environment({**more, "TERM": "dumb", "HOME": str(folder)})
    words = [program, "scan", "-q", home.music]
    subprocess.run(words, env=found, check=True)
    (home.path / "outputs").mkdir(exist_ok=True)
    ids = [f"{kind}:{digits}" for kind, digits in IDS]
    listed = [
        {"id": id_, "kind": "mojibake", "queue": "music", "proposal": id_[-1:]} for id_ in ids
    ]
    listed.append({"id": "mojibake:ffff00000000", "kind": "mojibake", "queue": "music"})
    path = home.path / "outputs" / "manual_review_needed.json"
    path.write_text(json.dumps({"format": review.FORMAT, "reviews": {"Vela": listed}}))
    for session in ("20261101_review_a", "20261102_review_b"):
        AnswerLog(home.path).append(Answer(session=session, number=1, action="later"))
    return found


def complete(shells: dict[str, str], line: str, **more: str) -> list[str]:
    """Return what the script of bash gets for a line."""
    words = line.split(" ")
    asked = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1), **more}
    command = ["mediakeep"]
    env = {**shells, "_MEDIAKEEP_COMPLETE": "bash_complete", **asked}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


@pytest.mark.long
def test_names_and_options_are_completed(shells: dict[str, str]) -> None:
    assert complete(shells, "mediakeep ba") == ["batch"]
    assert complete(shells, "mediakeep movies ") == [
        "scan",
        "queue",
        "batch",
        "nfo",
        "metadata",
        "master",
    ]
    assert complete(shells, "mediakeep queue reset-") == [
        f"reset-{name}" for name in ("errors", "in-progress", "all", "outdated")
    ]
    assert complete(shells, "mediakeep batch --art") == ["--artist"]
    assert complete(shells, "mediakeep batch --artist su") == [NAME.replace(" ", "\\ ")]
    assert complete(shells, "mediakeep undo --session ") == ["last"]
    assert complete(shells, "mediakeep dashboard --kind mu") == ["music"]
    assert complete(shells, "mediakeep movies batch --movie ") == []  # there is no queue
    assert complete(shells, "mediakeep batch --fix m") == ["matched"]
    for line in ("scan", "movies scan", "queue relocate", "batch --home", "edit genre"):
        assert complete(shells, f"mediakeep {line} Mu") == ["Mu"]  # a path: the shell's own names
    assert complete(shells, "mediakeep config ") == ["check", "edit", "show"]
    assert complete(shells, "mediakeep config --ch") == ["--changed"]
    sittings = ["last", "20261102_review_b", "20261101_review_a"]
    assert complete(shells, "mediakeep review --undo ") == sittings
    ids = [f"{kind}:{digits}" for kind, digits in IDS]
    assert complete(shells, "mediakeep accept ") == ids
    assert complete(shells, "mediakeep accept mo") == ids[1:]
    words = {"COMP_WORDS": "mediakeep\naccept\nmojibake\n:\n12", "COMP_CWORD": "4"}  # of bash
    assert complete(shells, "", **words) == [IDS[1][1]]


def test_what_was_typed_stays(shells: dict[str, str]) -> None:
    found = ["Vela", "Velvet\\ Harbour"]
    assert complete(shells, "mediakeep review --artist Vel") == found
    assert complete(shells, "mediakeep review --artist vel") == ["velour"]
    assert complete(shells, "mediakeep review --artist VEL") in (found, ["velour"])
    quoted = complete(shells, "mediakeep review --artist 'Vel")
    assert quoted == ["Vela", "Velvet Harbour"]


def test_what_cannot_be_read_completes_nothing(shells: dict[str, str], tmp_path: Path) -> None:
    queue = tmp_path / "status" / "music"
    queue.mkdir(parents=True)
    (queue / "processing_queue.json").write_text("{")
    assert complete(shells, "mediakeep queue show S", MEDIAKEEP_HOME=str(tmp_path)) == []
    assert complete(shells, f"mediakeep batch --home {tmp_path} --artist S") == []
    missing = {"MEDIAKEEP_HOME": str(tmp_path / "none")}
    assert complete(shells, "mediakeep accept --kind m", **missing) == []


def press_tab(shells: dict[str, str], command: list[str], setup: str) -> None:
    """Let a shell complete the name of an artist, and run the line."""
    ours, theirs = pty.openpty()
    streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    with subprocess.Popen(command, env=shells, start_new_session=True, **streams) as shell:
        os.close(theirs)

        def read_until(text: str) -> None:
            read = b""
            while text.encode() not in read:
                assert select.select([ours], [], [], PATIENCE)[0], read
                read += os.read(ours, 65536)

        try:
            os.write(ours, f"{setup}; echo rea''dy\n".encode())
            read_until("\nready")
            os.write(ours, b"mediakeep queue show Su\t\n")
            read_until(f"output name: {NAME}")
        finally:
            shell.kill()
            os.close(ours)


@pytest.mark.linux  # macOS has a bash of 2007
def test_bash_completes_a_name_and_quotes_it(shells: dict[str, str]) -> None:
    setup = 'eval "$(mediakeep completion bash)"'
    press_tab(shells, ["bash", "--norc", "--noprofile", "-i"], setup)


@pytest.mark.needs("zsh")
def test_zsh_completes_a_name_and_quotes_it(shells: dict[str, str]) -> None:
    press_tab(shells, ["zsh", "-f", "-i"], f'{_ZSH}eval "$(mediakeep completion zsh)"')


@pytest.mark.needs("fish")
def test_fish_completes_whole_names(shells: dict[str, str]) -> None:
    script = 'mediakeep completion fish | source; complete -C "mediakeep queue show Su"'
    command = ["fish", "--no-config", "-c", f'{script}; complete -C "mediakeep ba"']
    done = subprocess.run(command, env=shells, capture_output=True, text=True)
    help_text = "Check and repair the next artists, and report."
    assert done.stdout.splitlines() == [NAME, f"batch\t{help_text}"]
