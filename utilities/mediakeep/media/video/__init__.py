"""Video files: their streams, read with MediaInfo, which is an optional extra."""
