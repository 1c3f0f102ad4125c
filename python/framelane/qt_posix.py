"""QSharedMemory on POSIX (Qt 6.6 and later): a file in /dev/shm and a named semaphore."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import time
from typing import Optional

from .qt_errors import system_error
from .qt_names import NativeNames
from .qt_system_v import Mapping, _Time

_FOLDER = "/dev/shm"
_OPEN = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW

_libc = ctypes.CDLL(None, use_errno=True)
_libc.sem_open.restype = ctypes.c_void_p
_libc.sem_timedwait.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
_libc.sem_post.argtypes = [ctypes.c_void_p]
_libc.sem_close.argtypes = [ctypes.c_void_p]


class PosixLock:
    """A named semaphore, 1 when free. Nobody gives it back when its holder is killed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.made = False
        self.held = False
        self._semaphore: Optional[int] = None

    def try_take(self, seconds: float) -> bool:
        """Takes it, made where there is none; False when it was not to be had in that time."""
        if self._semaphore is None:
            self._semaphore = self._open()
        until = time.time() + seconds
        limit = _Time(int(until), int(until % 1 * 1e9))
        self.held = _libc.sem_timedwait(self._semaphore, ctypes.byref(limit)) == 0
        if not self.held and ctypes.get_errno() not in (errno.ETIMEDOUT, errno.EINTR):
            raise system_error(ctypes.get_errno(), self.name)
        return self.held

    def give(self) -> None:
        """Gives it back."""
        self.held = False
        _libc.sem_post(self._semaphore)

    def close(self) -> None:
        """Ends it."""
        if self.held:
            self.give()
        if self._semaphore is not None:
            _libc.sem_close(self._semaphore)
        self._semaphore = None

    def _open(self) -> int:
        name = os.fsencode(self.name)
        mode, free = ctypes.c_uint(0o600), ctypes.c_uint(1)
        found = _libc.sem_open(name, os.O_CREAT | os.O_EXCL, mode, free)
        self.made = found is not None
        if found is None and ctypes.get_errno() == errno.EEXIST:
            found = _libc.sem_open(name, 0, mode, free)
        if found is None:
            raise system_error(ctypes.get_errno(), self.name)
        return found


class PosixBackend:
    """The steps of QSharedMemory in POSIX' calls."""

    lock_survives = False

    def __init__(self, names: NativeNames) -> None:
        self.name = names.segment
        self.lock = PosixLock(names.lock)
        self._made = False
        self._path = _FOLDER + names.segment

    def find(self) -> None:
        """Raises QtNotFound unless the segment is there; makes nothing."""
        if not os.path.exists(self._path):
            raise system_error(errno.ENOENT, self.name)

    def attach(self) -> Mapping:
        """Maps the segment that is there."""
        return self._map(_OPEN, 0)

    def create(self, size: int) -> Optional[Mapping]:
        """Makes it; None when there is one."""
        try:
            mapping = self._map(_OPEN | os.O_CREAT | os.O_EXCL, size)
        except FileExistsError:
            return None
        self._made = True
        return mapping

    def attached(self) -> None:
        """None: nobody counts."""
        return None

    def leave(self, mapping: Optional[Mapping], keep: bool) -> None:
        """Its maker removes the segment, for nobody counts who is attached; Qt itself leaves it behind."""
        if self._made and not keep:
            self._unlink(self._path)
        self.lock.close()
        if self.lock.made and not os.path.exists(self._path):
            _libc.sem_unlink(os.fsencode(self.lock.name))

    def _map(self, flags: int, size: int) -> Mapping:
        try:
            fd = os.open(self._path, flags, 0o600)
        except FileExistsError:
            raise
        except OSError as error:
            raise system_error(error.errno or 0, self.name) from None
        try:
            if size > 0:
                os.posix_fallocate(fd, 0, size)
            elif os.fstat(fd).st_size == 0:
                raise system_error(errno.ENODATA, self.name)
            return Mapping(mmap.mmap(fd, 0), 0)
        except OSError as error:
            if size > 0:
                self._unlink(self._path)
            raise system_error(error.errno or 0, self.name) from None
        finally:
            os.close(fd)

    @staticmethod
    def _unlink(path: str) -> None:
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
