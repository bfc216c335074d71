"""Report on all movies of a library: the same command as `movie-master-report`."""

from mediakeep.commands.movie_master_report import main

if __name__ == "__main__":
    main()
