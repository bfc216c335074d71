"""Print the statements of each package, without docstrings, and what is wrong with them.

That is a class name that occurs twice, or a kind of jobs with more statements than its limit. The
modules of a kind are those of its package, and the adapter, settings and commands in `app` and
`commands` that import from it and from no other kind.

.venv/bin/python -m tests.list_statements
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from tests.test_architecture import SHARED_NAMES

# The most statements of a kind of jobs: 900 for its package and 120 for what it has elsewhere.
LIMIT = 1_020
# Kinds that have more than a new one may have: as many as they had, never more.
LIMITS = {"albums": 1_338, "audiobooks": 2_717, "episodes": 1_401, "pipelines": 1_500}

ROOT = Path(__file__).parents[1]
FOLDERS = ("utilities", "tests", "benchmarks")


def package_name(path: Path) -> str:
    """Return the package that a file of the repository counts for; `path` is relative."""
    if path.parts[0] != "utilities":
        return path.parts[0]
    if path.parts[1] == "mediakeep":
        return path.parts[2] if len(path.parts) > 3 else "mediakeep"
    return path.parts[1] if len(path.parts) > 2 else "scripts"


def count_statements(tree: ast.Module) -> int:
    """Return the number of statements in a module, nested ones included."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return sum(not _is_constant(node) for node in statements)


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def count_by_kind(trees: Mapping[Path, ast.Module]) -> dict[str, int]:
    """Return the statements of each kind of jobs."""
    packages = {
        place.parts[2]
        for place, tree in trees.items()
        if len(place.parts) > 3 and place.parts[1] == "mediakeep" and _declares_jobs(tree)
    }
    counts: Counter[str] = Counter()
    for place, tree in trees.items():
        owner = place.parts[2] if place.parts[:2] == ("utilities", "mediakeep") else ""
        if owner in ("app", "commands"):
            used = [name for name in packages if f"mediakeep.{name}." in ast.unparse(tree)]
            owner = used[0] if len(used) == 1 else ""
        if owner in packages:
            counts[owner] += count_statements(tree)
    return dict(sorted(counts.items()))


def _declares_jobs(tree: ast.Module) -> bool:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(
        ast.unparse(call.func) in ("Kind", "kinds.Kind")
        and any(keyword.arg == "stages" for keyword in call.keywords)
        for call in calls
    )


def main(root: Path = ROOT) -> int:
    statements: Counter[str] = Counter()
    classes: defaultdict[str, list[Path]] = defaultdict(list)
    trees: dict[Path, ast.Module] = {}
    for path in sorted(path for name in FOLDERS for path in (root / name).rglob("*.py")):
        place = path.relative_to(root)
        tree = trees[place] = ast.parse(path.read_text())
        statements[package_name(place)] += count_statements(tree)
        if place.parts[0] == "utilities":
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    classes[node.name].append(place)
    print(", ".join(f"{name} {count:,}" for name, count in sorted(statements.items())))
    product = statements.total() - statements["tests"] - statements["benchmarks"]
    print(f"{product:,} statements and {len(classes):,} public classes in utilities/.")
    twice = {
        name: places
        for name, places in classes.items()
        if len(places) > 1 and name not in SHARED_NAMES
    }
    for name, places in twice.items():
        print(f"class {name} occurs twice: {', '.join(map(str, places))}", file=sys.stderr)
    kinds = count_by_kind(trees)
    print("Kinds of jobs:", ", ".join(f"{name} {count:,}" for name, count in kinds.items()))
    large = {name: count for name, count in kinds.items() if count > LIMITS.get(name, LIMIT)}
    for name, count in large.items():
        print(
            f"The kind in mediakeep/{name} has {count:,} statements with its adapter, settings and"
            f" commands, and at most {LIMITS.get(name, LIMIT):,} are allowed. Move what two kinds"
            " need to app/jobs, media, workspace, pages or lookups.",
            file=sys.stderr,
        )
    return bool(twice or large)


if __name__ == "__main__":
    sys.exit(main())
