"""Show the progress of the queues: the same command as `media-dashboard`."""

from mediakeep.commands.media_dashboard import main

if __name__ == "__main__":
    main()
