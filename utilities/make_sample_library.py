"""Make a sample music library to practise on: the same command as `make-sample-library`."""

from mediakeep_samples.cli import main

if __name__ == "__main__":
    main()
