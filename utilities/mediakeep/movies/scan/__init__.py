"""Scan a library: find its movies and the files that belong to each movie."""
