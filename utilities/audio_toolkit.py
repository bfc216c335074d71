"""Convert, split, analyze and clean audio files, one by one or in pipelines."""

from mediakeep.commands.audio_toolkit import main

if __name__ == "__main__":
    main()
