"""Long lists of cases: some in every run, all of them in slow ones."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

import pytest
from hypothesis import settings

_LONGER = 50
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


def each_row(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test for each row of a table: as one test, which names all rows that fail.

    It takes its rows as pytest.mark.parametrize does, and is for tests that share nothing but time:
    thousands of tests of their own would take longer to be collected and told than to be run.
    """
    keys = names.replace(",", " ").split() if isinstance(names, str) else list(names)
    table = [_values(row, len(keys)) for row in rows]
    assert table, "a table without rows tests nothing"

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def run(**others: Any) -> None:
            failures: list[BaseException] = []
            for values in table:
                try:
                    test(**dict(zip(keys, values, strict=True)), **others)
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"row: {', '.join(map(repr, values))}")
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


def _values(row: Any, count: int) -> tuple[Any, ...]:
    if isinstance(row, type(pytest.param())):
        assert not row.marks, "the rows of a table have no marks"
        return tuple(row.values)
    return tuple(row) if count > 1 else (row,)
