"""Reports and charts: the Jinja environment, its templates, and SVG."""
