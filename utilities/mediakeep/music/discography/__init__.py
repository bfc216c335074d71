"""Look up an artist at MusicBrainz: identity, owned part of the discography, missing releases."""
