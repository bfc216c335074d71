"""Media-library maintenance that can be killed at any moment and loses nothing."""

__version__ = "0.1.0"
