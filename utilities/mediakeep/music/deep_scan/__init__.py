"""Decode an artist's files and compare the audio with earlier scans."""
