"""Media files: reading, verified writing, undo records and caches."""
