"""Export all metadata of a file, album or artist: the same command as `extract-metadata`."""

from mediakeep.commands.extract_metadata import main

if __name__ == "__main__":
    main()
