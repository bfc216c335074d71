"""Manage the queue of recordings."""

from mediakeep.commands import queue_manager
from tests.reference.recording import KIND

main = queue_manager.build_manager(KIND)

if __name__ == "__main__":
    main()
