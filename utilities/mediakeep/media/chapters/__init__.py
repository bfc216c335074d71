"""The chapters of audio files that are joined: from files, tags, silence, or a file of chapters."""
