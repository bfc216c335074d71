"""MusicBrainz' web service as the rehearsal speaks it: search, browse and look-up, in JSON."""
