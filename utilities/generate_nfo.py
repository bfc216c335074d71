"""Write the NFO of movies: the same command as `generate-nfo`."""

from mediakeep.commands.generate_nfo import main

if __name__ == "__main__":
    main()
