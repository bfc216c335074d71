"""Convert the next albums of the queue: the same command as `convert-albums`."""

from mediakeep.commands.convert_albums import main

if __name__ == "__main__":
    main()
