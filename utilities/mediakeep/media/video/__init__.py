"""Video files and their streams, read with MediaInfo, which is an optional extra."""
