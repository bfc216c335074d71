"""Cells of CSV files for spreadsheets."""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet evaluates such cells


def escape_formula(text: str) -> str:
    """Quote a text that a spreadsheet would evaluate (owasp.org, "CSV Injection")."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
