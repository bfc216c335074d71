"""Undo records: how each change of a file can be undone, and which changes were."""
