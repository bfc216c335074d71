"""The MusicBrainz client."""
