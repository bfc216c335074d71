"""Audio formats, one module each: stream info, audio ranges and truncation checks."""
