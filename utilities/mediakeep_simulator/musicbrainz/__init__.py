"""The MusicBrainz web service (ws/2)."""
