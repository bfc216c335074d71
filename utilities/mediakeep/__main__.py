"""Run a command: `python -m mediakeep COMMAND`."""

from mediakeep.commands.main import run

if __name__ == "__main__":
    run()
