"""Convert, split, analyze and clean audio files, one by one or in pipelines: `mediakeep audio`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
