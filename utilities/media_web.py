"""Serve pages, the REST API and metrics: the same command as `media-web`."""

from mediakeep.commands.media_web import main

if __name__ == "__main__":
    main()
