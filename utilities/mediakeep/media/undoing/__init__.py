"""What makes changes of files undoable, and remembers which were undone."""
