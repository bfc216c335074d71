"""Make the frozen home: run by hand, once, with the code of the commit that it is named after.

    git worktree add /tmp/old 73092f7 && cd /tmp/old && make .venv/.ok
    unshare -rmu sh -c 'hostname compat && mount -t tmpfs none /srv &&
        exec .venv/bin/python REPOSITORY/tests/compat/make.py 73092f7.tar.xz'

The working directory is the old checkout. Its scripts do all the work; what this does by hand is
numbered below. The private mount keeps the paths that are recorded free of any real machine.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path("/srv/mediakeep-73092f7")
HOME, MUSIC, MOVIES = ROOT / "home", ROOT / "music", ROOT / "movies"
PORT = 47309  # of the simulated services; addresses in the caches hold it
PYTHON = [sys.executable]
PENDING = ["Velvet Harbour", "月曜日の灯台", "Ψηφιακή Θάλασσα"]
KILLED, FAILED, VANISHED = "$HOME & the {Braces}", "=Sum of Us", "The Interminable Footnotes"
UNDONE, UNDONE_TWICE = "Ångström Kör", "Salt_Pepper Choir"
PENDING_MOVIES = ["Ottilie and the Storm (1998)", "The Quiet Teapot (2024)"]


def script(name: str, *words: object, code: int | None = 0, served: bool = True) -> str:
    """Run a script of the old checkout in the home, with the services simulated or offline."""
    home = [] if name == "make_sample_library" else ["--home", str(HOME)]
    line = [*PYTHON, f"utilities/{name}.py", *home, *map(str, words)]
    if served:
        catalogues = ["--catalogue", ROOT / "music.json", "--movies", ROOT / "movies.json"]
        port = ["--port", PORT]
        line = [*PYTHON, "utilities/rehearse.py", *map(str, catalogues + port), "--", *line]
    print("$", *line[1:], flush=True)
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    print(done.stdout[-3000:], f"exit code {done.returncode}", flush=True)
    assert code is None or done.returncode == code, done.returncode
    return done.stdout


def manage(*words: object) -> str:
    return script("music_queue_manager", *words, served=False)


def batch(*words: object, code: int | None = 0) -> str:
    return script("process_music_batch", "--workers", 1, *words, code=code)


def sums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder."""
    return {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def times(folder: Path) -> dict[str, int]:
    """Return the time of modification of each file, in nanoseconds: an archive has fewer digits."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in found}


def obey_permissions() -> None:
    """Give up root's right to read everything, in the child that is about to run."""
    drop_from_bounding_set = 24
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)


def fail_one() -> None:
    """(1) Take the rights of a folder away while one batch runs: that artist has failed."""
    os.chmod(MUSIC / FAILED, 0)
    pid = os.fork()
    if pid == 0:
        obey_permissions()
        batch("--artist", FAILED, "--max-attempts", 1, code=1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    os.chmod(MUSIC / FAILED, 0o755)


def kill_one() -> None:
    """(2) Kill a batch that waits for a service that never answers: its artist is in progress."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        names = {"MUSICBRAINZ_HOST": url, "COVERART_HOST": url, "MUSICBRAINZ_INTERVAL": "0"}
        env = os.environ | {f"MEDIAKEEP_{name}": text for name, text in names.items()}
        line = ["utilities/process_music_batch.py", "--home", str(HOME), "--workers", "1"]
        running = subprocess.Popen(
            [*PYTHON, *line, "--artist", KILLED], env=env, start_new_session=True
        )
        silent.accept()[0].recv(4096)  # it has asked, so the artist is claimed
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    live = next((HOME / "status/music/live").glob("*.json"))
    facts = json.loads(live.read_text())
    silent_since = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    facts |= {"host": "0" * 32, "renewed": silent_since}  # of no machine that there is
    live.write_text(json.dumps(facts))


def tear_journal() -> None:
    """(3) Put the first half of one more line behind the last one of the newest journal."""
    path = max((HOME / "status/music/processing_queue.journal").glob("*.jsonl"))
    content = path.read_bytes()
    whole = content.rstrip(b"\0")
    last = whole.splitlines()[-1]
    half = last[: len(last) // 2]
    path.write_bytes(whole + half + content[len(whole) + len(half) :])


def vanish() -> None:
    """(4) Take an artist away whose files were never written to, and scan."""
    shutil.rmtree(MUSIC / VANISHED)
    manage("--scan", MUSIC)


def music() -> None:
    taken = {*PENDING, KILLED, FAILED, VANISHED}
    rest = [path.name for path in sorted(MUSIC.iterdir()) if path.name not in taken]
    manage("--scan", MUSIC)
    batch("--artist", VANISHED, "--fix", "none")
    vanish()
    for name in rest[:4]:
        batch("--artist", name)
    manage("--checkpoint")
    batch("--artist", rest[4], "--deep")
    manage("--restore-checkpoint", "latest")
    manage("--replay-aside", next(iter((HOME / "status/music/aside").iterdir())).name, "--yes")
    for name in rest[5:]:
        batch("--artist", name)
    by_hand()
    fail_one()
    script("undo_changes", "--artist", UNDONE, served=False)
    script("undo_changes", "--artist", UNDONE_TWICE, served=False)
    script("undo_changes", "--session", last_session(), served=False)


def by_hand() -> None:
    """Change files of every format, and covers of Ogg and Opus."""
    picture = sorted(MUSIC.rglob("cover.*"))[-1]
    seen = set()
    for path in sorted((MUSIC / "-Minus-").rglob("*")) + sorted(MUSIC.rglob("*")):
        kind = path.suffix
        inside = path.relative_to(MUSIC).parts[0]
        if kind in seen or not path.is_file() or inside in (*PENDING, KILLED, FAILED):
            continue
        if kind in (".mp3", ".m4a", ".flac", ".ogg", ".opus"):
            done = script("fix_metadata", "comment", path, "Kept.", "--yes", code=None)
            seen |= {kind} if "1 file changed" in done else set()
        if kind in (".ogg", ".opus") and kind in seen:
            script("embed_cover", path, picture, "--yes")
    assert len(seen) == 5, seen


def rehearse() -> None:
    """Have answers kept of one artist and of movies that stay pending."""
    batch("--artist", PENDING[1], "--dry-run")
    for name in PENDING_MOVIES:
        script("process_movies", "--movie", name, "--dry-run")


def last_session() -> str:
    listed = script("undo_changes", "--list", "--json", served=False)
    return str(json.loads(listed)[0]["session"])


def movies() -> None:
    script("movie_queue_manager", "--scan", MOVIES, served=False)
    for path in sorted(MOVIES.iterdir()):
        if path.name not in PENDING_MOVIES:
            script("process_movies", "--movie", path.name)
    script("movie_queue_manager", "--checkpoint", served=False)
    script("undo_changes", "--movie", "Blind Storm (1967) [tmdbid-3111]", served=False)


def reports() -> None:
    for name in ("weekly_report", "music_master_report", "movie_master_report"):
        script(name, served=False)
    backups = ROOT / "backups"
    backups.mkdir()
    manage("--backup", backups)
    script("movie_queue_manager", "--backup", backups, served=False)


def main(archive: str) -> None:
    for path in (HOME, MUSIC, MOVIES):
        path.mkdir(parents=True)
    sample = ("--artists", 14, "--catalogue", ROOT / "music.json", MUSIC)
    script("make_sample_library", *sample, served=False)
    sample = ("--movies", 10, "--layout", "folders", "--catalogue", ROOT / "movies.json", MOVIES)
    script("make_sample_library", *sample, served=False)
    (HOME / "mediakeep.toml").write_text("keep_checkpoints = 20\n")
    facts = {"before": sums(MUSIC) | sums(MOVIES)}
    music()
    movies()
    rehearse()
    reports()
    kill_one()
    tear_journal()
    facts["after"] = sums(MUSIC) | sums(MOVIES)
    facts["times"] = times(ROOT)
    Path(archive.replace(".tar.xz", ".json")).write_text(json.dumps(facts, indent=1) + "\n")
    with tarfile.open(archive, "w:xz", preset=9) as packed:
        packed.add(ROOT, ROOT.name)


if __name__ == "__main__":
    main(sys.argv[1])
