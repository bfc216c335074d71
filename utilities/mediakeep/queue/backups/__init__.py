"""Backups: create and restore archives of everything of a queue that cannot be rebuilt."""
