"""Checks for issues, one function per kind; `music.issue_kinds` is the table of them."""
