"""Caches of what was read from files, in SQLite."""
