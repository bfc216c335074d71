"""Make a sample music library to practise on: `mediakeep sample`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
