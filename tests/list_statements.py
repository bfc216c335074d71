"""Print the statements of each package, without docstrings, and class names that occur twice.

.venv/bin/python -m tests.list_statements
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from pathlib import Path

from tests.test_architecture import SHARED_NAMES

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


def main(root: Path = ROOT) -> int:
    statements: Counter[str] = Counter()
    classes: defaultdict[str, list[Path]] = defaultdict(list)
    for path in sorted(path for name in FOLDERS for path in (root / name).rglob("*.py")):
        place = path.relative_to(root)
        tree = ast.parse(path.read_text())
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
    return bool(twice)


if __name__ == "__main__":
    sys.exit(main())
