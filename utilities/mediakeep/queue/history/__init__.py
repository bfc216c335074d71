"""The history of a queue: an append-only event log, and a disposable SQLite index of it."""
