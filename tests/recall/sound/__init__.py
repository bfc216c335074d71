"""Streams of sound made byte by byte, each format in the smallest honest form."""
