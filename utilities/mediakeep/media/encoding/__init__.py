"""Convert audio between formats, exact to the sample, with FFmpeg's libraries."""
