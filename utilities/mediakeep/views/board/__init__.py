"""The dashboard as lines of text: rows, panels, and their layout in a window."""
