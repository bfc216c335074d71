"""Process the next movies of the queue: `mediakeep movies batch`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
