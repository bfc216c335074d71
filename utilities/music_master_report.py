"""Report on all artists of a library: `mediakeep master`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
