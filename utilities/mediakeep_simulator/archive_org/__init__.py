"""The simulated archive.org: search, metadata and downloads of items from a catalogue."""
