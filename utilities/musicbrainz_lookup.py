"""Look up artists, albums and covers at MusicBrainz: the same command as `musicbrainz-lookup`."""

from mediakeep.commands.musicbrainz_lookup import main

if __name__ == "__main__":
    main()
