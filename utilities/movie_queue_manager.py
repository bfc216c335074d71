"""Manage the movie queue: the same command as `movie-queue-manager`."""

from mediakeep.commands.movie_queue_manager import main

if __name__ == "__main__":
    main()
