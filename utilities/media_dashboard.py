"""Show how far the queues are: the same command as `media-dashboard`."""

from mediakeep.commands.media_dashboard import main

if __name__ == "__main__":
    main()
