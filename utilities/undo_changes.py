"""Undo changes of files, byte for byte: the same command as `undo-changes`."""

from mediakeep.commands.undo_changes import main

if __name__ == "__main__":
    main()
