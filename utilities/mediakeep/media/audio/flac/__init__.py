"""Read FLAC streams, frames and Vorbis comments."""
