"""Simulate MusicBrainz, the Cover Art Archive and TMDb: the same command as `rehearse`."""

from mediakeep.commands.rehearse import main

if __name__ == "__main__":
    main()
