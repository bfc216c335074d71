"""Undo changes of files, byte for byte: `mediakeep undo`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
