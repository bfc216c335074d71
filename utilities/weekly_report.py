"""Write reports on weeks and days: the same command as `weekly-report`."""

from mediakeep.commands.weekly_report import main

if __name__ == "__main__":
    main()
