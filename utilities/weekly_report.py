"""Write reports on weeks and days: `mediakeep report`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
