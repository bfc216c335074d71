"""Convert the next albums of the queue: `mediakeep albums batch`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
