"""Simulate the services that mediakeep uses: the same command as `simulate-services`."""

from mediakeep_simulator.cli import main

if __name__ == "__main__":
    main()
