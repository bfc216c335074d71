"""Pictures in the text of a terminal, for those that can show them.

iTerm2, WezTerm and Konsole know the sequence of iTerm2 (iterm2.com/documentation-images.html),
kitty and Ghostty that of kitty (sw.kovidgoyal.net/kitty/graphics-protocol), which takes PNG files.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path

_HEIGHT = 8  # lines of text
_MAX_BYTES = 4_000_000  # of a picture that is shown
_CHUNK = 4096  # characters, the most that kitty takes at once
_PNG = b"\x89PNG\r\n\x1a\n"


def encode_picture(path: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Return the sequence that shows a picture, or "" if this terminal or the file cannot."""
    program, term = environ.get("TERM_PROGRAM", ""), environ.get("TERM", "")
    is_kitty = "kitty" in term or "ghostty" in term
    is_iterm = program in ("iTerm.app", "WezTerm") or bool(environ.get("KONSOLE_VERSION"))
    if not (is_kitty or is_iterm) or environ.get("TMUX"):
        return ""
    try:
        data = path.read_bytes() if path.stat().st_size <= _MAX_BYTES else b""
    except OSError:
        return ""
    if not data or (is_kitty and not data.startswith(_PNG)):
        return ""
    text = base64.b64encode(data).decode()
    if is_iterm:
        options = f"inline=1;size={len(data)};height={_HEIGHT};preserveAspectRatio=1"
        return f"\x1b]1337;File={options}:{text}\a\n"
    chunks = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
    heads = [f"a=T,f=100,r={_HEIGHT},", *[""] * (len(chunks) - 1)]
    more = [*[1] * (len(chunks) - 1), 0]
    parts = zip(heads, more, chunks, strict=True)
    return (
        "".join(f"\x1b_G{head}m={is_more};{chunk}\x1b\\" for head, is_more, chunk in parts) + "\n"
    )
