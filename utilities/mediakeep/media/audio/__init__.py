"""Audio files, by format: their tags, their streams, and the bytes that are audio ("essence")."""
