"""Read ID3 tags."""
