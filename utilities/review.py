"""Decide about pending reviews in the terminal: `mediakeep review`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
