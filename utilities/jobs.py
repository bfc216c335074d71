"""List, show, cancel and clear jobs: `mediakeep jobs`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
