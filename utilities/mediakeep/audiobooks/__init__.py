"""Make an audiobook of many audio files: chapters, parallel encoding, M4B."""
