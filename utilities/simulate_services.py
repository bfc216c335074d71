"""Simulate the services that mediakeep uses: `mediakeep simulate`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
