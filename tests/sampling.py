"""Long lists of cases: some in every run, all of them in slow ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def some(cases: Iterable[Any], every: int) -> list[Any]:
    """Return the cases for a parametrized test, all slow but the first and every so-manieth."""
    return [_case(case, slow=number % every > 0) for number, case in enumerate(cases)]


def _case(case: Any, *, slow: bool) -> Any:
    marks = [pytest.mark.slow] if slow else []
    if isinstance(case, type(pytest.param())):  # with marks of its own
        return pytest.param(*case.values, marks=[*case.marks, *marks], id=case.id)
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=marks)
