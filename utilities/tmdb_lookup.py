"""Look up movies at TMDb, and set which movie a file is: the same command as `tmdb-lookup`."""

from mediakeep.commands.tmdb_lookup import main

if __name__ == "__main__":
    main()
