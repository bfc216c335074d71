"""Detection of damaged audio by decoding whole files."""
