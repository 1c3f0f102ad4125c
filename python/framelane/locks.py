"""Who is alive: open-file-description locks on byte ranges (docs/ring-layout.md, "Who is alive").

The kernel drops them with the last descriptor of the open file, however the process ended. A mapping made by
`mmap.mmap` duplicates the descriptor it is given, so a descriptor that carries locks is never the one mapped.
"""

from __future__ import annotations

import errno
import fcntl
import struct

# Python's fcntl module names these only in some builds; the numbers are Linux's (asm-generic/fcntl.h).
_F_OFD_GETLK = 36
_F_OFD_SETLK = 37
# struct flock on 64-bit Linux: l_type, l_whence, l_start, l_len, l_pid.
_FLOCK = struct.Struct("hhqqi4x")


def _range(kind: int, start: int, length: int) -> bytes:
    return _FLOCK.pack(kind, 0, start, length, 0)


def try_lock(fd: int, start: int, length: int) -> bool:
    """Takes the write lock of a byte range; False when somebody else has it."""
    try:
        fcntl.fcntl(fd, _F_OFD_SETLK, _range(fcntl.F_WRLCK, start, length))
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def unlock(fd: int, start: int, length: int) -> None:
    """Gives a byte range back; length 0 means to the end of the file."""
    fcntl.fcntl(fd, _F_OFD_SETLK, _range(fcntl.F_UNLCK, start, length))


def is_locked(fd: int, start: int, length: int) -> bool:
    """Whether somebody else holds a lock within a byte range."""
    answer = fcntl.fcntl(fd, _F_OFD_GETLK, _range(fcntl.F_WRLCK, start, length))
    return _FLOCK.unpack(answer)[0] != fcntl.F_UNLCK
