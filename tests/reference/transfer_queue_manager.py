"""Manage the queue of transfers."""

from mediakeep.app.subjects import registry
from mediakeep.commands import queue_manager
from tests.reference.transfer import SUBJECT

registry.register(SUBJECT)
main = queue_manager.build_manager(SUBJECT.kind)

if __name__ == "__main__":
    main()
