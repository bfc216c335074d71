"""The commands that people run: options in, exit codes out; the only place with Click."""

import os
import sys

if os.name == "nt":  # before any module asks for the kernel's locks
    sys.stderr.write("mediakeep runs on Linux and macOS; on Windows run it inside WSL.\n")
    raise SystemExit(2)
