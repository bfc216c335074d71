"""Set one field in many albums: the same command as `batch-fix-metadata`."""

from mediakeep.commands.batch_fix_metadata import main

if __name__ == "__main__":
    main()
