"""Pending reviews: list, group and preview them, decide and undo the decisions."""
