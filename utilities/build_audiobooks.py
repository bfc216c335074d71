"""Build audiobooks from folders of audio files: `mediakeep audiobooks batch`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
