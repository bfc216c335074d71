"""Start scripts by a fork of a process that has imported their modules already.

A command takes longer to import its modules than to do what most tests want. So in tests, Popen of
`python script.py ...` asks a server to fork; what it makes is a process of its own, and a child of
the test's process (Linux: prctl(2), PR_SET_CHILD_SUBREAPER). Whatever needs another interpreter
(options, variables such as PYTHONUTF8, another locale) is started as usual, and all is on systems
other than Linux and with TESTS_START=slow.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import fcntl
import gc
import importlib
import inspect
import io
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from multiprocessing import util
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_TEST_SCRIPTS = ROOT / "tests" / "reference" / "scripts", ROOT / "tests" / "pipelines" / "scripts"
_SCRIPTS = ROOT / "utilities", *_TEST_SCRIPTS
_MODULE = "tests.runner.script"  # run by "-m"
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_MESSAGE = 1 << 20  # bytes
_LIKE_HERE = ("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "LD_PRELOAD")
_PYTHONS = ("PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONPATH", "PYTHONUNBUFFERED")
_MODULES = ("mediakeep.media.video.probe_isolated", _MODULE)
# These import Dask, which not all environments have.
_ON_DASK = {
    f"mediakeep.cluster.{name}"
    for name in ("connection", "dask_executor", "worker_plugin", "worker_registry")
}
_LATER = (
    "PIL.Image", "PIL.ImageDraw", "PIL.ImageFont", "av", "av.subtitles.stream", "babelfish",
    "fractions", "google.auth.transport.requests", "google.oauth2.credentials", "guessit", "jinja2",
    "musicbrainzngs", "netrc", "pathvalidate", "pymediainfo", "requests_cache", "rich.live",
    "tmdbsimple", "yaml",
)  # fmt: skip
_OURS = ("mediakeep", "mediakeep_samples", "mediakeep_simulator")
_Popen = subprocess.Popen
_spawnv = util.spawnv_passfds  # type: ignore[attr-defined]
_SIGNATURE = inspect.signature(_Popen._execute_child)  # type: ignore[attr-defined]
_server: tuple[int, socket.socket] | None = None  # of the process with this number
_listening: tuple[int, str] | None = None  # a server that waits for the process with this number


class QuickPopen(_Popen):  # type: ignore[type-arg]
    """A Popen that lets the server fork, if it can."""

    def _execute_child(self, *args: Any, **options: Any) -> None:
        given = _SIGNATURE.bind(self, *args, **options).arguments
        if not _suits(given):
            return super()._execute_child(*args, **options)  # type: ignore[misc]
        pipes = [given[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        ends = [end if end != -1 else number for number, end in enumerate(pipes)]
        order = {
            "line": list(map(os.fspath, given["args"][1:])),
            "env": dict(os.environ if given["env"] is None else given["env"]),
            "folder": os.path.abspath(given["cwd"] or "."),
            "session": given["start_new_session"],
        }
        self.pid = _order(order, dict(enumerate(ends)))
        self._child_created = True
        self._close_pipe_fds(  # type: ignore[attr-defined]
            *(given[name] for name in
              ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite"))
        )  # fmt: skip
        return None


def install() -> None:
    """Let this process start scripts so from now on."""
    if sys.platform == "linux" and os.environ.get("TESTS_START") != "slow":
        subprocess.Popen = QuickPopen  # type: ignore[misc]
        util.spawnv_passfds = _spawn  # type: ignore[attr-defined]


@contextlib.contextmanager
def suspend() -> Iterator[None]:
    """Let processes start as usual for a `with` block."""
    quick = subprocess.Popen, util.spawnv_passfds  # type: ignore[attr-defined]
    subprocess.Popen, util.spawnv_passfds = _Popen, _spawnv  # type: ignore[attr-defined, misc]
    try:
        yield
    finally:
        subprocess.Popen, util.spawnv_passfds = quick  # type: ignore[attr-defined, misc]


def _spawn(path: object, line: Sequence[str], handles: Iterable[int]) -> int:
    """Start a process of multiprocessing, as its spawnv_passfds does."""
    if "--multiprocessing-fork" not in line:
        return int(_spawnv(path, line, handles))
    numbers = {0, 1, 2, *map(int, handles)}
    order = {
        "line": [*line[line.index("-c") :]],
        "env": dict(os.environ),
        "folder": os.getcwd(),
        "session": False,
    }
    return _order(order, {number: number for number in numbers})


def _suits(given: Mapping[str, Any]) -> bool:
    line, env = given["args"], given["env"]
    usual = not (given["shell"] or given["preexec_fn"] or given["executable"])
    if not usual or isinstance(line, str | bytes | os.PathLike) or len(line) < 2:
        return False
    if given["pass_fds"] or given.get("process_group", -1) not in (None, -1):
        return False
    if os.fspath(line[0]) != sys.executable:
        return False
    if Path(os.fspath(line[1])).parent not in _SCRIPTS and (
        line[1] != "-m" or line[2] not in _MODULES
    ):
        return False
    env = os.environ if env is None else env
    same = all(env.get(name) == os.environ.get(name) for name in _LIKE_HERE)
    if not same or any(name.startswith("PYTHON") and name not in _PYTHONS for name in env):
        return False
    # Other modules could replace what is imported already.
    folders = {Path(path) for path in env.get("PYTHONPATH", "").split(os.pathsep) if path}
    return "GATE_FOLDER" in env or folders <= {ROOT, *_SCRIPTS}


def _order(order: dict[str, Any], ends: Mapping[int, int]) -> int:
    """Let the server start a process; return its number.

    `ends` are the files it gets, by their numbers there.
    """
    global _server
    if _server is None or _server[0] != os.getpid():
        _server = os.getpid(), _find_server()
    connection = _server[1]
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        mask = list(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, [])))
        data = json.dumps({**order, "numbers": list(ends), "mask": mask}).encode()
        socket.send_fds(connection, [data], list(ends.values()))
        return int(connection.recv(100))
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _find_server() -> socket.socket:
    """Return a connection to the server that was forked for this process, or to a new one."""
    if _listening is None or _listening[0] != os.getpid():
        return _start_server()
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(_listening[1])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MESSAGE)
    return connection


def _start_server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MESSAGE)
    code = f"from tests import quick_start; quick_start.serve({theirs.fileno()})"
    _Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "utilities"), str(ROOT)])},
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # no Ctrl-C; it ends with its connection or with this process
    )
    theirs.close()
    return ours


def serve(number: int) -> None:
    """Start processes until the connection or the parent ends; in each of them, run its script.

    If the parent is killed, a process that it forked may keep the connection open.
    """
    connection = socket.socket(fileno=number)
    before = list(sys.path)
    names = []
    for package in _OURS:
        folder = ROOT / "utilities" / package
        for path in sorted(folder.rglob("*.py")):
            names.append(".".join(path.relative_to(folder.parent).with_suffix("").parts))
    names = [name for name in names if name not in _ON_DASK]
    for name in (*_LATER, *names, *_MODULES):
        importlib.import_module(name.removesuffix(".__init__"))
    sys.path[:] = [path for path in before if path not in ("", str(ROOT / "utilities"), str(ROOT))]
    gc.collect()
    gc.freeze()
    _serve(connection)


def _serve(connection: socket.socket) -> None:
    parent_end = os.pidfd_open(os.getppid())
    while parent_end not in select.select([connection, parent_end], [], [])[0]:
        data, ends, _, _ = socket.recv_fds(connection, _MESSAGE, 20)
        if not data:
            os._exit(0)
        read, write = os.pipe()
        if not (between := os.fork()):
            parent = os.getpid()
            if child := os.fork():
                os.write(write, str(child).encode())
                os._exit(0)
            while os.getppid() == parent:
                time.sleep(0.0005)
            for end in (read, write, parent_end):
                os.close(end)
            connection.close()
            order = json.loads(data)
            if order["session"]:
                os.setsid()  # before the fork, as what the server starts is of this session
            _fork_server(ends)
            return _run(order, ends)
        os.close(write)
        os.waitpid(between, 0)
        for end in ends:
            os.close(end)
        connection.send(os.read(read, 100))
        os.close(read)
    os._exit(0)


def _fork_server(ends: Iterable[int]) -> None:
    """Let this process, which is as new, start others as fast as it was started.

    The server is its child, has no file of it, and ends with it.
    """
    global _listening, _server
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    _listening, _server = (os.getpid(), f"\0mediakeep-tests-{os.getpid()}"), None
    listener.bind(_listening[1])
    listener.listen(1)
    everything = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
    if os.fork():
        listener.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, everything)
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != _listening[0]:
        os._exit(0)  # it ended before it could be noticed
    for end in ends:
        os.close(end)
    connection, _ = listener.accept()
    listener.close()
    _serve(connection)


def _run(order: dict[str, Any], ends: list[int]) -> None:
    """Become what a new interpreter is when it begins to run a script."""
    signal.pthread_sigmask(signal.SIG_SETMASK, order["mask"])  # not that of the server's start
    free = max(order["numbers"]) + 1  # from here on, none is in the place of another
    high = [fcntl.fcntl(end, fcntl.F_DUPFD, free) for end in ends]
    for number, end in zip(order["numbers"], high, strict=True):
        os.dup2(end, number)
    for end in {*ends, *high} - {*order["numbers"]}:
        os.close(end)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    tempfile.tempdir = None
    install()
    for name in ("stdin", "stdout", "stderr"):
        _reopen(name)
    script, *words = order["line"]
    is_module = script == "-m"
    sys.argv = {"-m": words, "-c": [script, *words[1:]]}.get(script, order["line"])
    more = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:0] = [order["folder"] if is_module else str(Path(script).parent), *more]
    if any((Path(path) / "sitecustomize.py").exists() for path in more):
        sys.modules.pop("sitecustomize", None)
        importlib.import_module("sitecustomize")
    try:
        if script == "-c":
            exec(words[0], {"__name__": "__main__"})
        elif is_module:
            sys.modules.pop(words[0], None)  # it is to run as another
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(script, run_name="__main__")
        _leave(0)
    except SystemExit as end:
        _leave(end.code)


def _leave(code: object) -> None:
    """End as an interpreter does, but leave the memory to the system, which is faster."""
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code or 0)


def _reopen(name: str) -> None:
    """Give a standard stream what a new interpreter would give it."""
    number = ("stdin", "stdout", "stderr").index(name)
    mode = "r" if name == "stdin" else "w"
    errors = "backslashreplace" if name == "stderr" else "surrogateescape" if _is_c() else "strict"
    stream: io.TextIOWrapper | None = None
    with contextlib.suppress(OSError):
        binary = open(number, f"{mode}b", closefd=False)  # noqa: SIM115
        line_buffering = name == "stderr" or os.isatty(number)
        stream = io.TextIOWrapper(
            binary,
            getattr(sys, name).encoding,
            errors,
            line_buffering=line_buffering,
            write_through="PYTHONUNBUFFERED" in os.environ,
        )
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def _is_c() -> bool:
    return os.environ.get("LC_ALL", os.environ.get("LANG", "C")) in ("", "C", "POSIX", "C.UTF-8")
