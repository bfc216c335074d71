"""Report on all artists of a library: the same command as `music-master-report`."""

from mediakeep.commands.music_master_report import main

if __name__ == "__main__":
    main()
