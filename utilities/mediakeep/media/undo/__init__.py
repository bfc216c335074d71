"""The undo store: records of changes, and how to reverse them."""
