"""Find, check and order the audio files of a book."""
