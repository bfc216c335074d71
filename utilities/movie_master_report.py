"""Put all of a library's movies together: the same command as `movie-master-report`."""

from mediakeep.commands.movie_master_report import main

if __name__ == "__main__":
    main()
