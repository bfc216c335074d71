"""Decode audio from beginning to end to find damage."""
