"""The commands that people run: options in, exit codes out; the only place with Click."""
