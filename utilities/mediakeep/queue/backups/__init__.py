"""Backups: everything of a queue that cannot be made anew, in one archive, and back again."""
