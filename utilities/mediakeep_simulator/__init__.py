"""Loopback servers that simulate MusicBrainz, the Cover Art Archive and TMDb."""
