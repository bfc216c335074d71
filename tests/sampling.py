"""Long lists of cases: some in every run, all of them in slow ones."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

import pytest
from hypothesis import settings

_LONGER = 50
_LONGEST_NAME = 200  # characters
_FOLDERS = {"memory", "tmp_path"}  # fixtures
Test = TypeVar("Test", bound=Callable[..., None])


def some(cases: Iterable[Any], every: int) -> list[Any]:
    """Return the cases for a parametrized test, all slow but the first and every so-manieth."""
    return [_case(case, slow=number % every > 0) for number, case in enumerate(cases)]


def tried(often: int) -> settings:
    """Return how often a property is tried; fifty times that with --hypothesis-profile=long."""
    return settings(max_examples=often * (_LONGER if settings.default.max_examples > 999 else 1))


def _case(case: Any, *, slow: bool) -> Any:
    marks = [pytest.mark.slow] if slow else []
    if isinstance(case, type(pytest.param())):  # with marks of its own
        return pytest.param(*case.values, marks=[*case.marks, *marks], id=case.id)
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=marks)


def each_row(
    names: str | Sequence[str],
    rows: Iterable[Any],
    ids: Iterable[str] | Callable[[Any], object] = repr,
) -> Callable[[Test], Test]:
    """Run a test for each row of a table: as one test, which names all rows that fail.

    It takes its rows as pytest.mark.parametrize does. Each row gets an empty `tmp_path` or `memory`
    and a `monkeypatch` of its own; other fixtures are shared by the rows. Thousands of separate
    tests would take longer to collect and report than to run.
    """
    keys = names.replace(",", " ").split() if isinstance(names, str) else list(names)
    table = [_values(row, len(keys)) for row in rows]
    assert table, "a table without rows tests nothing"
    labels = [_label(values, ids) for values in table] if callable(ids) else list(ids)

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def run(**others: Any) -> None:
            failures: list[BaseException] = []
            for number, (label, values) in enumerate(zip(labels, table, strict=True)):
                try:
                    with _renew(others, number) as fixtures:
                        test(**dict(zip(keys, values, strict=True)), **fixtures)
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"row: {label}")
                    failures.append(error)
            if failures:
                for other in failures[1:]:
                    failures[0].add_note(f"fails as well: {other.__notes__[0]}: {other!r}"[:500])
                raise failures[0]

        signature = inspect.signature(test)
        kept = [one for name, one in signature.parameters.items() if name not in keys]
        run.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        del run.__wrapped__
        return cast(Test, run)

    return decorate


def _label(values: tuple[Any, ...], describe: Callable[[Any], object]) -> str:
    """Return the name of a row, without the rest of a long value."""
    return ", ".join(str(describe(value))[:_LONGEST_NAME] for value in values)


@contextlib.contextmanager
def _renew(fixtures: dict[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """Replace the fixtures that a row could change for the next ones."""
    with pytest.MonkeyPatch.context() as patch:
        renewed = dict(fixtures)
        for name in _FOLDERS & fixtures.keys():
            renewed[name] = fixtures[name] / f"row{number}"
            renewed[name].mkdir()
        if "monkeypatch" in fixtures:
            renewed["monkeypatch"] = patch
        yield renewed


def _values(row: Any, count: int) -> tuple[Any, ...]:
    if isinstance(row, type(pytest.param())):
        assert not row.marks, "the rows of a table have no marks"
        return tuple(row.values)
    return tuple(row) if count > 1 else (row,)
