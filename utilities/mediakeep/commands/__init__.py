"""The command line: options in, exit codes out; the only place with Click."""

import os
import sys

# Checked before any other module is imported, as each would fail there with a traceback.
if os.name == "nt":
    sys.stderr.write("mediakeep runs on Linux and macOS; on Windows run it inside WSL.\n")
    raise SystemExit(2)
if sys.version_info < (3, 11):  # noqa: UP036 - a bare checkout runs with any Python
    sys.stderr.write(f"mediakeep needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n")
    raise SystemExit(2)
try:
    import click  # noqa: F401
    import msgspec  # noqa: F401
except ModuleNotFoundError as missing:
    sys.stderr.write(
        f"This Python ({sys.executable}) lacks {missing.name}, which mediakeep requires. "
        "In the checkout run `make demo` once,\nthen use .venv/bin/python; or install it here: "
        f"{sys.executable} -m pip install .\n"
    )
    raise SystemExit(2) from None
