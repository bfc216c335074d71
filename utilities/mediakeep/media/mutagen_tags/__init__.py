"""Write tags with mutagen."""
