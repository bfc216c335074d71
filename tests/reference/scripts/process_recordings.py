"""Process the next recordings of the queue."""

from mediakeep.commands import job_command
from tests.reference.recording import KIND

main = job_command.build_command(KIND)

if __name__ == "__main__":
    main()
