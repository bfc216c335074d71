"""List, show, cancel and clear jobs: the same command as `jobs`."""

from mediakeep.commands.jobs import main

if __name__ == "__main__":
    main()
