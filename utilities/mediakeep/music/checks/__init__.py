"""Checks for music issues: one function per kind of issue; `music.issue_kinds` lists them all.

A check returns a text with the detail of the issue, or None if all is well. Some checks return a
detail for each affected place.
"""
