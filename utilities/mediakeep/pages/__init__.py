"""Text that people read: the Jinja environment and its templates."""
