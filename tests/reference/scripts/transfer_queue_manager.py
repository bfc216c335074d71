"""Manage the queue of transfers."""

from mediakeep.commands import queue_manager
from tests.reference.transfer import KIND

main = queue_manager.build_manager(KIND)

if __name__ == "__main__":
    main()
