"""Output of commands: batch results, progress bars, full-screen display, prompts."""
