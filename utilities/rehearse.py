"""Stand in for MusicBrainz and the Cover Art Archive: the same command as `rehearse`."""

from mediakeep.commands.rehearse import main

if __name__ == "__main__":
    main()
