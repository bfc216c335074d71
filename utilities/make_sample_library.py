"""Make a sample music library to practise on: the same command as `make-sample-library`."""

from mediakeep.commands.make_sample_library import main

if __name__ == "__main__":
    main()
