"""Export all metadata of a file, album or artist: `mediakeep metadata`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
