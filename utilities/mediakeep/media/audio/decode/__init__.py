"""Decode whole audio files to find damage."""
