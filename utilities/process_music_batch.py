"""Process the next artists of the music queue: the same command as `process-music-batch`."""

from mediakeep.commands.process_music_batch import main

if __name__ == "__main__":
    main()
