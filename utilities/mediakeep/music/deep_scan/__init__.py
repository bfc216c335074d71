"""Deep scans: decode an artist's files, and compare the audio with that of earlier scans."""
