"""Read MP4 (M4A) files: atoms, tracks and tags."""
