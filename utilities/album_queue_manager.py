"""Manage the album queue: the same command as `album-queue-manager`."""

from mediakeep.commands.album_queue_manager import main

if __name__ == "__main__":
    main()
