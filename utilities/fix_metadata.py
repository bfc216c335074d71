"""Edit metadata of files, folders or lists: the same command as `fix-metadata`."""

from mediakeep.commands.fix_metadata import main

if __name__ == "__main__":
    main()
