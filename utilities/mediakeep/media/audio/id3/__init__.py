"""ID3 tags."""
