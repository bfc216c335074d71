"""List each wait below 10 s that could decide an outcome, since a busy machine may need longer.

A wait is a number of seconds or tries given to a call that waits, to a parameter or a name such as
`timeout`, or added to a clock. One that only paces a `while` loop decides nothing, since the loop
ends by its condition. Each other one is at least 10 s, or has its reason in `REASONS`.

    .venv/bin/python -m tests.list_waits
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LEAST = 10.0  # seconds
ROOT = Path(__file__).parents[1]
FOLDERS = ("utilities", "tests")

_COUNTED = "It is a number of tries of something that does not wait."
_LONGER = "A slow machine makes it longer, and longer is right as well."
_PACE = "It paces requests, and none may come earlier."
_SHOWN = "It decides what is shown in the meantime, and nothing that is kept."

_CHANCE = "It gives a wrong result the time to come; the right one comes however long it takes."
_CLOCK = "A clock of the test decides, which no machine makes faster or slower."
_HELD = "What is waited for never comes before the test lets it, so that any wait ends the same."

_AUDIO = "It is a length of audio, for which nobody waits."

REASONS = {  # "file: expression": why it decides nothing
    "tests/cluster/test_dask_executor.py: wait(0.001)": _CLOCK,
    "tests/commands/test_deep_workers.py: sleep(2.1)": _LONGER,
    "tests/commands/test_extract_video_metadata.py: PROBE_TIMEOUT=0.5": _HELD,
    "tests/commands/test_undo_changes.py: sleep(1.1)": _LONGER,
    "tests/episodes/test_interference.py: sleep(1)": _HELD,
    "tests/lookups/http/test_response_cache.py: _BUSY_TIMEOUT=0.1": _HELD,
    "tests/lookups/http/test_response_cache.py: time.time() + 0.1": _LONGER,
    "tests/lookups/youtube/test_login.py: join(0.2)": _HELD,
    "tests/media/cache/test_caching_reader.py: sleep(0.02)": _LONGER,
    "tests/media/cache/test_caching_reader_faults.py: _LOCK_TIMEOUT=0.1": _HELD,
    "tests/media/safewrite/test_write_tags_concurrent.py: sleep(0.005)": _CHANCE,
    "tests/media/safewrite/test_write_tags_concurrent.py: sleep(0.01)": _LONGER,
    "tests/media/test_essence_db.py: _LOCK_TIMEOUT=0.1": _HELD,
    "tests/media/video/test_probe_isolated.py: longest=1.0": _HELD,
    "tests/media/video/test_video_cache.py: sleep(0.01)": _LONGER,
    "tests/processors/test_voice.py: max_pause=0.5": _AUDIO,
    "tests/queue/test_backup.py: _BUSY_TIMEOUT=0.3": _HELD,
    "tests/runner/jobs.py: sleep(0.5)": _CHANCE,
    "tests/runner/looking.py: sleep(0.2)": _CHANCE,
    "tests/runner/staged.py: sleep(0.2)": _CHANCE,
    "tests/runner/test_runner_batch.py: time_budget=0.5": _CLOCK,
    "tests/runner/test_runner_deaths.py: delay=1.0": _CLOCK,
    "tests/runner/test_runner_deaths.py: time_budget=0.5": _CLOCK,
    "tests/runner/test_runner_stage_retries.py: delay=7.0": _CLOCK,
    "tests/runner/toys.py: sleep(0.5)": _LONGER,
    "tests/test_debug_log.py: join(0.1)": _CHANCE,
    "tests/views/test_odd_histories.py: _BUSY_TIMEOUT=0.05": _HELD,
    "utilities/mediakeep/albums/settings.py: max_retries=3": _COUNTED,
    "utilities/mediakeep/lookups/http/retry.py: _MIN_DELAY=1.0": _PACE,
    "utilities/mediakeep/media/speech/detection.py: _MIN_PAUSE=5": _AUDIO,
    "utilities/mediakeep/media/speech/words.py: _MAX_PAUSE=1.0": _AUDIO,
    "utilities/mediakeep/movies/outputs/csv_tables.py: _MAX_TRIES=3": _COUNTED,
    "utilities/mediakeep/movies/sidecars/artwork.py: _MAX_TRIES=3": _COUNTED,
    "utilities/mediakeep/queue/lock.py: NOTICE_DELAY=5.0": _SHOWN,
    "utilities/mediakeep/queue/sessions.py: "
    "time.monotonic() - self._last_write >= _PROGRESS_INTERVAL": _SHOWN,
    "utilities/mediakeep/queue/snapshot.py: _MAX_TRIES=5": (
        "Nobody has the file open for writing then, so that it does not change."
    ),
    "utilities/mediakeep/queue/snapshot.py: _PAUSE=0.05": _LONGER,
    "utilities/mediakeep/queue/stage_changes.py: _LEAST_WAIT=1.0": _PACE,
    "utilities/mediakeep/runner/batch.py: time.monotonic() + _CHECK_INTERVAL": _LONGER,
    "utilities/mediakeep/runner/tasks.py: _MIN_REPORTED_WAIT=1.0": _SHOWN,
    "utilities/mediakeep/runner/worker_main.py: "
    "time.monotonic() - self._last >= _PROGRESS_INTERVAL": _SHOWN,
    "utilities/mediakeep/views/stage_text.py: MAX_WAITS=5": _COUNTED,
}

# Calls that wait: which argument is a number of seconds.
_WAITING = {
    "alarm": 0, "join": 0, "poll": 0, "result": 0, "select": 3, "setitimer": 1, "settimeout": 0,
    "sleep": 0, "wait": 0,
}  # fmt: skip
_CLOCKS = {"monotonic", "perf_counter", "time"}
_NAME = re.compile(
    r"(^|_)(timeout|time_budget|patien(ce|t)|deadline|longest|(re)?tries|grace|waits?|delay"
    r"|pause|sleep|(max|item)_seconds)$|^(max|least|min)_(wait|pause|delay)",
    re.IGNORECASE,
)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class FoundWait:
    """A wait in a file, and what waits."""

    place: str
    line: int
    seconds: float
    text: str

    @property
    def key(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass
class _Names:
    """What the names of all modules mean: numbers, and parameters of functions."""

    numbers: dict[str, set[float]] = field(default_factory=lambda: defaultdict(set))
    own: dict[str, float] = field(default_factory=dict)  # those of the module that is looked at
    parameters: dict[str, set[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(set))

    def read(self, tree: ast.Module) -> None:
        """Note what a module defines, at its top and in its classes."""
        self.read_numbers(tree)
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        for node in (one for body in (tree, *classes) for one in body.body):
            if isinstance(node, _Function):
                names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
                self.parameters[node.name].add(tuple(names[names[:1] in (["self"], ["cls"]) :]))

    def read_numbers(self, tree: ast.Module) -> None:
        self.own = {}
        for statement in tree.body:
            for name, value in _assigned(statement):
                number = self.number(value)
                if number is not None:
                    self.numbers[name].add(number)
                    self.own[name] = number

    def number(self, node: ast.expr | None) -> float | None:
        """Return the number that an expression is in every run, None if it is none."""
        match node:
            case ast.Constant(value=bool()):
                return None
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self.own.get(name, min(self.numbers.get(name, ()), default=None))
            case ast.BinOp(left=left, op=operator, right=right):
                return _calculate(operator, self.number(left), self.number(right))
        return None

    def parameter(self, function: str, index: int) -> str:
        """Return the name of a parameter, if all functions of that name agree."""
        names = {one[index] for one in self.parameters.get(function, ()) if index < len(one)}
        return names.pop() if len(names) == 1 else ""


def _calculate(operator: ast.operator, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match operator:
        case ast.Mult():
            return left * right
        case ast.Add():
            return left + right
        case ast.Div() if right:
            return left / right
    return None


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign) and node.value:
        targets = [node.target]
    for target in targets:
        if isinstance(target, ast.Name | ast.Attribute):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            assert node.value
            yield _last_name(target), node.value


def _last_name(node: ast.expr) -> str:
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _defaults(node: _Function | ast.Lambda) -> Iterator[tuple[str, ast.expr]]:
    given = [*node.args.posonlyargs, *node.args.args]
    pairs = [
        *zip(reversed(given), reversed(node.args.defaults), strict=False),
        *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True),
    ]
    yield from ((one.arg, value) for one, value in pairs if value)


class _Finder(ast.NodeVisitor):
    """Finds the waits of a module."""

    def __init__(self, place: str, names: _Names) -> None:
        self.found: set[FoundWait] = set()
        self._place, self._names, self._loops = place, names, [""]

    def visit_While(self, node: ast.While) -> None:
        self._loops.append("while")
        self.generic_visit(node)
        self._loops.pop()

    def visit_For(self, node: ast.For) -> None:
        self._loops.append("for")
        self.generic_visit(node)
        self._loops.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for name, value in _defaults(node):
            self._note_named(name, value)
        self._loops.append("")
        self.generic_visit(node)
        self._loops.pop()

    def visit_Assign(self, node: ast.Assign | ast.AnnAssign) -> None:
        for name, value in _assigned(node):
            self._note_named(name, value)
        self.generic_visit(node)

    visit_AnnAssign = visit_Assign  # noqa: N815 - the names are those of ast

    def visit_Call(self, node: ast.Call) -> None:
        function = _last_name(node.func)
        for index, value in enumerate(node.args):
            parameter = self._names.parameter(function, index)
            if _WAITING.get(function) == index:
                if self._loops[-1] != "while":
                    self._note(f"{function}({ast.unparse(value)})", value)
            else:
                self._note_named(parameter, value)
        for keyword in node.keywords:
            self._note_named(keyword.arg or "", keyword.value)
        if function == "setattr":
            self._note_named(ast.unparse(node.args[-2]).strip("'\""), node.args[-1])
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Add) and _is_clock(node.left):
            self._note(ast.unparse(node), node.right)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = (node.left, *node.comparators)
        for limit in sides:
            if self._names.number(limit) and any(map(_is_clock, ast.walk(node))):
                self._note(ast.unparse(node), limit)
        self.generic_visit(node)

    def _note_named(self, name: str, value: ast.expr) -> None:
        if _NAME.search(name):
            self._note(f"{name}={ast.unparse(value)}", value)

    def _note(self, text: str, value: ast.expr) -> None:
        """Note a wait, if its value is a number of the size that counts."""
        number = self._names.number(value)
        if number is not None and 0 < number < LEAST:
            self.found.add(FoundWait(self._place, value.lineno, number, text))


def _is_clock(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and not node.args and _last_name(node.func) in _CLOCKS


def find_waits(root: Path = ROOT) -> list[FoundWait]:
    """Return all waits below 10 s of a tree that could decide an outcome, in order."""
    paths = [path for name in FOLDERS for path in sorted((root / name).rglob("*.py"))]
    trees = {path: ast.parse(path.read_text()) for path in paths}
    names = _Names()
    for tree in trees.values():
        names.read(tree)
    found: set[FoundWait] = set()
    for path, tree in trees.items():
        names.read_numbers(tree)
        finder = _Finder(path.relative_to(root).as_posix(), names)
        finder.visit(tree)
        found |= finder.found
    return sorted(found, key=lambda one: (one.place, one.line))


def main() -> int:
    found = find_waits()
    problems = [
        *(f"{one.place}:{one.line}: {one.text}" for one in found if one.key not in REASONS),
        *(f"no longer there: {key}" for key in REASONS.keys() - {one.key for one in found}),
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(found)} waits below {LEAST:g} s, of which {len(problems)} are undecided.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
