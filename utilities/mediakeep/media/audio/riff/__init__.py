"""Read RIFF (WAV) and AIFF files: chunks, streams and INFO tags."""
