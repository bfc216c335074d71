"""Persistent state: the queue, its journal, checkpoints, sessions and history."""
