"""The architecture: modules import lower layers only, and only commands import Click."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).parents[1] / "utilities" / "mediakeep"
FLOORS = {
    "commands": 5,
    "runner": 4,
    "views": 4,
    "queue": 3,
    "movies": 3,
    "music": 3,
    "alerts": 2,
    "lookups": 2,
    "media": 2,
    "pages": 2,
    "rehearsal": 2,
}
MODULES = sorted(ROOT.rglob("*.py"))
_KNOWN = set(MODULES)


def package(path: Path) -> str:
    """Return the package of a module, or "" for the lowest layer."""
    below = path.relative_to(ROOT).parts
    return below[0] if len(below) > 1 else ""


def floor(name: str) -> int:
    return FLOORS[name] if name else 1


@functools.cache
def seen(path: Path) -> tuple[set[str], set[str]]:
    """Return the dotted names that a module imports, and the names it calls."""
    imported, called = set(), set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import():
                imported |= {alias.name for alias in node.names}
            case ast.ImportFrom():
                assert node.level == 0, f"{path}: a relative import"
                imported |= {f"{node.module}.{alias.name}" for alias in node.names}
            case ast.Call(func=ast.Name(id=name)):
                called.add(name)
    return imported, called


def imports(path: Path) -> set[str]:
    return seen(path)[0]


@functools.cache
def inside(name: str) -> Path | None:
    """Return our module that contains an imported name, or None."""
    parts = name.split(".")[1:] if name.startswith("mediakeep") else []
    for length in (len(parts), len(parts) - 1):
        path = ROOT.joinpath(*parts[: max(length, 0)])
        if length > 0 and path.with_suffix(".py") in _KNOWN:
            return path.with_suffix(".py")
    return None


def offences(path: Path, names: set[str]) -> list[str]:
    """Return the imports of a higher layer, or of another package of the same layer."""
    here, found = package(path), []
    for name in names:
        target = inside(name)
        if target is None:
            continue
        there = package(target)
        if floor(there) > floor(here) or (floor(there) == floor(here) and there != here):
            found.append(f"{path.relative_to(ROOT)} imports {name}")
    return found


def test_every_package_has_a_floor() -> None:
    packages = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert packages == set(FLOORS)


def test_every_module_looks_down_only() -> None:
    assert [offence for path in MODULES for offence in offences(path, imports(path))] == []


def test_looking_up_or_sideways_would_be_noticed() -> None:
    queue = ROOT / "queue" / "queue.py"
    assert offences(queue, {"mediakeep.runner.batch"})
    assert offences(queue, {"mediakeep.music.scan.artist"})
    assert not offences(queue, {"mediakeep.files.locked", "mediakeep.queue.store.Store"})


def test_the_modules_of_a_package_import_each_other_without_a_circle() -> None:
    arrows = {
        path: {target for name in imports(path) if (target := inside(name)) and target != path}
        for path in MODULES
    }
    while leaves := [path for path, targets in arrows.items() if not targets & set(arrows)]:
        for path in leaves:
            del arrows[path]
    assert not arrows, [str(path.relative_to(ROOT)) for path in arrows]


def test_click_is_found_in_commands_alone() -> None:
    users = {
        package(path) for path in MODULES if "click" in {n.split(".")[0] for n in imports(path)}
    }
    assert users == {"commands"}


def test_nothing_below_commands_prints_prompts_or_exits() -> None:
    banned = {"print", "input", "exit", "quit"}
    for path in MODULES:
        if package(path) == "commands":
            continue
        assert not seen(path)[1] & banned, path


def test_no_module_bears_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert not {path.stem for path in MODULES} & vague
    assert not (ROOT.parent / "__init__.py").exists()
