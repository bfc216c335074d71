"""MP4 (M4A): atoms, tracks, tags."""
