"""Render reports from Jinja templates, and draw charts as SVG."""
