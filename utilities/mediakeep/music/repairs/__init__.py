"""Repair music issues: decide what to change in which file, and write it."""
