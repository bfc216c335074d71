"""Read, diagnose and report one artist: the same command as `process-artist`."""

from mediakeep.commands.process_artist import main

if __name__ == "__main__":
    main()
