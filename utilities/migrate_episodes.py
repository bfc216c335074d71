"""Migrate episodes from archive.org to YouTube: the same command as `migrate-episodes`."""

from mediakeep.commands.migrate_episodes import main

if __name__ == "__main__":
    main()
