"""The MusicBrainz web service: search, browse and lookup, in JSON."""
