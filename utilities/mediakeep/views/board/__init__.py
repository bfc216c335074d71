"""The dashboard as lines of text: rows, panels, and how they are laid out in a window."""
