"""Build audiobooks from folders of audio files: the same command as `build-audiobooks`."""

from mediakeep.commands.build_audiobooks import main

if __name__ == "__main__":
    main()
