"""Writes that replace a file only after the copy was verified."""
