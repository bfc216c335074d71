"""Tags and pictures made byte by byte."""
