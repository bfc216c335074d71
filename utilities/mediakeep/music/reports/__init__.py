"""The reports of an artist, as Markdown, text, CSV and JSON."""
