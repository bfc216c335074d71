"""Ask MusicBrainz about artists, albums and covers: the same command as `musicbrainz-lookup`."""

from mediakeep.commands.musicbrainz_lookup import main

if __name__ == "__main__":
    main()
