"""Audio files: tags, streams and essence, by format."""
