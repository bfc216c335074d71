"""Episodes: audio of archive.org that becomes videos of a YouTube channel."""
