"""Simulate MusicBrainz, the Cover Art Archive and TMDb: the same command as `simulate-services`."""

from mediakeep_simulator.cli import main

if __name__ == "__main__":
    main()
