"""Speech in audio files: detect it, recognize its words, and align it with a known text."""
