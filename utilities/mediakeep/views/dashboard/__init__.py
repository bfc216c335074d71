"""The live dashboard in the terminal."""
