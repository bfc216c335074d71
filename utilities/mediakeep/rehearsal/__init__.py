"""Loopback servers that stand in for MusicBrainz, the Cover Art Archive and TMDb."""
