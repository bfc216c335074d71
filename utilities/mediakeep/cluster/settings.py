"""The scheduler that a batch uses, without importing Dask."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from mediakeep.errors import BadSetting
from mediakeep.runner.batch_config import count_cpus

_LOCAL = re.compile(r"local:([1-9][0-9]{0,2})")
_REMOTE = re.compile(r"(?:tcp|tls)://[^\s/]+:([0-9]{1,5})")
_MAX_PORT = 65535
_MOST_PER_CORE, _MOST_LOCAL = 4, 16  # workers that start here; each takes about 80 MB


class SchedulerConfig(msgspec.Struct, frozen=True):
    """Where the tasks of a batch run: the address of a scheduler, or "local:N".

    `timeout` is how long a batch waits for a worker, in seconds. The paths of certificates are for
    addresses that begin with tls://.
    """

    address: str
    timeout: float = 60.0
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""

    def __post_init__(self) -> None:
        remote = _REMOTE.fullmatch(self.address)
        is_remote = remote is not None and 0 < int(remote[1]) <= _MAX_PORT
        if not (is_remote or _LOCAL.fullmatch(self.address)):
            raise BadSetting(
                "scheduler",
                f"{self.address!r} is not tcp://HOST:PORT, tls://HOST:PORT or local:N with the"
                " number of workers to start here",
            )
        most = max(_MOST_LOCAL, _MOST_PER_CORE * count_cpus())
        if self.local_workers > most:
            raise BadSetting(
                "scheduler", f"{self.address}: this machine can start at most {most} workers"
            )
        for name in ("ca", "cert", "key") if self.address.startswith("tls://") else ():
            path = getattr(self, f"tls_{name}")
            if not path:
                raise BadSetting(f"scheduler_{name}", "not set, and tls:// needs it")
            if not Path(path).is_file():
                raise BadSetting(f"scheduler_{name}", f"there is no file {path}")

    @property
    def local_workers(self) -> int:
        """The number of workers to start on this machine; 0 if a scheduler runs already."""
        match = _LOCAL.fullmatch(self.address)
        return int(match[1]) if match else 0
