"""Decide about pending reviews in the terminal, one question at a time."""

from mediakeep.commands.review import main

if __name__ == "__main__":
    main()
