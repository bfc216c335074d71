"""Make texts safe as cells of CSV files."""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet evaluates such cells


def escape_formula(text: str) -> str:
    """Return a cell text that spreadsheets show as text instead of evaluating it as a formula.

    See "CSV Injection" at owasp.org.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
