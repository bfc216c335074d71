"""SQLite files: durable ones, and disposable ones that can be rebuilt from other data."""
