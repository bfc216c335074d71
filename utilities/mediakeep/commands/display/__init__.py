"""Output of commands: batch progress, full-screen terminal, tables."""
