"""Look up artists, albums and covers at MusicBrainz: `mediakeep lookup musicbrainz`."""

from mediakeep.commands.main import run_script

if __name__ == "__main__":
    run_script(__file__)
