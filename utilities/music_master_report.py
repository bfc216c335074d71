"""Put all of a library's audits together: the same command as `music-master-report`."""

from mediakeep.commands.music_master_report import main

if __name__ == "__main__":
    main()
