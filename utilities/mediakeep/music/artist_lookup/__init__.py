"""Look up an artist at MusicBrainz, and compare the discography with the local albums."""
