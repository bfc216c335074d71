"""Cells of CSV files for spreadsheets."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet evaluates such cells


def plain(text: str) -> str:
    """Quote a text that a spreadsheet would evaluate (owasp.org, "CSV Injection")."""
    return f"'{text}" if text.startswith(_FORMULA) else text
