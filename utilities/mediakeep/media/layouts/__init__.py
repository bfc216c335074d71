"""The parts of container formats, one module each."""
