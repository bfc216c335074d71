"""Undo and redo of recorded changes, selected by session, item, file or date."""
