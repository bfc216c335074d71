"""Manage the episode queue: the same command as `episode-queue-manager`."""

from mediakeep.commands.episode_queue_manager import main

if __name__ == "__main__":
    main()
