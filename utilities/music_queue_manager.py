"""Manage the music queue: the same command as `music-queue-manager`."""

from mediakeep.commands.music_queue_manager import main

if __name__ == "__main__":
    main()
