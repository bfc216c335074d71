"""Embed the front covers of albums: the same command as `embed-cover`."""

from mediakeep.commands.embed_cover import main

if __name__ == "__main__":
    main()
