"""Process the next movies of the queue: the same command as `process-movies`."""

from mediakeep.commands.process_movies import main

if __name__ == "__main__":
    main()
