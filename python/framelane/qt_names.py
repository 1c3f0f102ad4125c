"""Where the operating system knows a segment of QSharedMemory: key files, names, System V keys."""

from __future__ import annotations

import hashlib
import os
import re
from typing import NamedTuple, Optional

from .errors import BadArgument
from .qt_errors import system_error

#: Most characters of a key.
MAX_KEY = 255

_PROJECT = ord("Q")  # what Qt gives to ftok


class NativeNames(NamedTuple):
    """Path of the key file (System V), or name for shm_open (POSIX); the same of the lock."""

    segment: str
    lock: str


def temporary_folder() -> str:
    """Qt's temporary folder: key files are made there."""
    return os.path.normpath(os.environ.get("TMPDIR") or "/tmp")


def native_names(key: str, backend: str, names: str) -> NativeNames:
    """The names of a key; `names` is "legacy" (what Qt makes of a string) or "native" (the system's own name)."""
    if backend not in ("sysv", "posix") or names not in ("legacy", "native"):
        raise BadArgument('backend is "sysv" or "posix", names is "legacy" or "native"')
    if not 1 <= len(key) <= MAX_KEY or "\0" in key:
        raise BadArgument("a key of QSharedMemory has 1 to %d characters" % MAX_KEY)
    if names == "native":
        return _own_name(key, backend)
    safe = re.sub("[^A-Za-z]", "", key) + hashlib.sha1(key.encode()).hexdigest()
    folder = temporary_folder().rstrip("/") if backend == "sysv" else ""
    return NativeNames("%s/qipc_sharedmemory_%s" % (folder, safe), "%s/qipc_systemsem_%s" % (folder, safe))


def _own_name(key: str, backend: str) -> NativeNames:
    name = "/" + key if backend == "posix" and not key.startswith("/") else key
    if backend == "posix" and ("/" in name[1:] or len(name) < 2):
        raise BadArgument("native key %r: /name without a further slash is expected" % key)
    if not name.startswith("/"):
        raise BadArgument("native key %r: the whole path of the key file is expected" % key)
    return NativeNames(name, name)


def make_key_file(path: str) -> bool:
    """Makes the file a System V key is made of, as Qt does; False when it is there already."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640))
    except FileExistsError:
        return False
    except OSError as error:
        raise system_error(error.errno or 0, path) from None
    return True


def remove_key_file(path: str) -> None:
    """Removes a key file; one that is gone already is fine."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise system_error(error.errno or 0, path) from None


def system_v_key(path: str) -> Optional[int]:
    """ftok(3) of a key file: project, low 8 bits of the device, low 16 bits of the inode; None without the file."""
    try:
        facts = os.stat(path)
    except FileNotFoundError:
        return None
    return _PROJECT << 24 | (facts.st_dev & 0xFF) << 16 | facts.st_ino & 0xFFFF
