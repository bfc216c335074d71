"""Carry the tags, pictures and extra files of audio files over to files of other formats."""
