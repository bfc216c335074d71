"""Process the next artists of the music queue: `mediakeep batch`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
