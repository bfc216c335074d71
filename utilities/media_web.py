"""Serve pages, the REST API and metrics of a home: `mediakeep web`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
