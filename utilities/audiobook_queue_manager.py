"""Manage the audiobook queue: the same command as `audiobook-queue-manager`."""

from mediakeep.commands.audiobook_queue_manager import main

if __name__ == "__main__":
    main()
