"""Faces of the record: summary, review list and terminal lines."""
