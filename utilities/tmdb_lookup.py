"""Look up movies at TMDb, and set which movie a file is: `mediakeep lookup tmdb`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
