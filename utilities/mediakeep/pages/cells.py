"""Cells of tables that spreadsheets open."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so


def plain(text: str) -> str:
    """Keep a text from being taken for a formula (owasp.org, "CSV Injection")."""
    return f"'{text}" if text.startswith(_FORMULA) else text
