"""SQLite caches of what was read from files."""
