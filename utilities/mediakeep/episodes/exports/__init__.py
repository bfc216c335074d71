"""Exports of the queue of episodes: YAML files, index.json, state.db and reports."""
