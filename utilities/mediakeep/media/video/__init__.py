"""Video files: what they hold, told by MediaInfo, which is an extra."""
