"""The negative control: what many programs do, a JSON file written in place."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

from mediakeep import atomic_files
from tests.crash import faults
from tests.crash.loop import Order, View, acknowledge

COUNT = 2000


def file(folder: Path) -> Path:
    return folder / "naive.json"


def make(folder: Path) -> None:
    folder.mkdir(parents=True)
    settled = {f"Artist {number}": 0 for number in range(COUNT)}
    file(folder).write_text(json.dumps({"seq": 0, "settled": settled}))


def write(order: Order) -> None:
    """Settle one item after the other, then die during a write; one at a time, locked."""
    path, left = file(order.workspace.queue), random.Random(order.seed).randrange(2, 6)
    acks = os.open(order.workspace.acks, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while True:
        with atomic_files.exclusive_lock(path.with_suffix(".lock")):
            try:
                state = json.loads(path.read_text())
            except json.JSONDecodeError:
                state = {"seq": 0, "settled": {}}
            state["seq"] += 1
            key = f"Artist {state['seq'] % COUNT}"
            state["settled"][key] = state["seq"]
            left -= 1
            with path.open("w") as stream:
                text = json.dumps(state)
                stream.write(text[: len(text) // 2])
                if not left:
                    stream.flush()
                    faults.die()
                stream.write(text[len(text) // 2 :])
        acknowledge(acks, "settle", key, state["seq"])


def look(folder: Path) -> View:
    state = json.loads(file(folder).read_text())
    return View(state["seq"], state["settled"])
