"""Long lists of cases: some in every run, all of them in slow ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

_LONGER = 50


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
