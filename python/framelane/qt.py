"""QSharedMemory from outside Qt: segments by their Qt key, their lock, and the image lists that Qt programs put there.

    with framelane.qt.attach("process_example") as memory, memory.lock():
        for image in memory.images():
            print(image.format, image.array.shape)

System V is what Qt 5 uses, and Qt 6 with a string key; POSIX is Qt 6.6 and later with a QNativeIpcKey. Pure Python.
"""

from __future__ import annotations

import contextlib
import os
import time
import weakref
from typing import Any, Iterator, List, Optional, Sequence, Union

import numpy as np

from .errors import BadArgument
from .qt_errors import QtBusy, QtClosed, QtDamaged, QtLocked, QtNoPermission, QtNoSpace, QtNotFound
from .qt_images import IMAGE_FORMATS, MAX_IMAGES, Image, list_bytes, read_images, write_images
from .qt_names import native_names
from .qt_posix import PosixBackend
from .qt_system_v import Mapping, SystemVBackend

__all__ = [
    "IMAGE_FORMATS", "MAX_IMAGES", "Image", "QtBusy", "QtClosed", "QtDamaged", "QtLocked", "QtNoPermission", "QtNoSpace",
    "QtNotFound", "SharedMemory", "attach", "create", "list_bytes", "native_names", "read_images", "write_images",
]  # fmt: skip

_Backend = Union[SystemVBackend, PosixBackend]

#: Seconds that the thread sleeps in the kernel for a lock at a time; between two, signals have their turn.
_SLICE = 0.05

#: Seconds that leaving waits for the lock; it is needed to clean up only.
_LEAVE = 0.5


def attach(
    key: str, backend: str = "sysv", names: Optional[str] = None, lock_timeout: float = 5.0, wait: float = 0.0
) -> "SharedMemory":
    """Attaches to the segment of a key; raises QtNotFound, QtLocked, QtNoPermission.

    backend: "sysv" or "posix". names: "legacy" (default of sysv), what Qt makes of a string key, or "native" (default of
        posix), the system's own name: /name, or the path of a key file.
    lock_timeout: seconds that the lock is waited for. wait: seconds for the segment to appear.
    """
    end = time.monotonic() + wait
    while True:
        try:
            chosen = _backend(key, backend, names)
            chosen.find()  # or a lock would be made for what is not there
            return _opened(chosen, key, lock_timeout, chosen.attach)
        except QtNotFound:
            if time.monotonic() >= end:
                raise
        time.sleep(0.02)


def create(
    key: str, size: int, backend: str = "sysv", names: Optional[str] = None, lock_timeout: float = 5.0
) -> "SharedMemory":
    """Makes a segment of `size` bytes, all zero; raises QtBusy when there is one, unless nobody is attached to it any more.

    System V counts who is attached: a segment that a killed program left behind is replaced. Arguments as in attach.
    """
    if size < 1:
        raise BadArgument("a segment has at least 1 byte, not %r" % size)
    chosen = _backend(key, backend, names)

    def make() -> Mapping:
        made = chosen.create(size)
        if made is None and chosen.attached() == 0:
            chosen.leave(None, False)
            made = chosen.create(size) if chosen.lock.try_take(_LEAVE) else None
        if made is None:
            raise QtBusy(
                'QSharedMemory "%s" exists already: attach to it, or end its programs (`framelane rm "qt:%s"` removes '
                "what killed ones left)" % (key, key)
            )
        return made

    return _opened(chosen, key, lock_timeout, make)


def _backend(key: str, backend: str, names: Optional[str]) -> _Backend:
    found = native_names(key, backend, names or ("legacy" if backend == "sysv" else "native"))
    return SystemVBackend(found) if backend == "sysv" else PosixBackend(found)


def _opened(backend: _Backend, key: str, timeout: float, mapping: Any) -> "SharedMemory":
    _take(backend, key, timeout)
    try:
        memory = SharedMemory(key, backend, mapping(), timeout)
        backend.lock.give()
        return memory
    except BaseException:
        backend.leave(None, True)
        raise


def _take(backend: _Backend, key: str, timeout: float) -> None:
    end = time.monotonic() + timeout
    while not backend.lock.try_take(max(0.001, min(_SLICE, end - time.monotonic()))):
        if time.monotonic() >= end:
            advice = (
                "the program that holds it hangs"
                if backend.lock_survives
                else "its holder hangs, or was killed, and then nothing gives it back: end the programs that use it, "
                "`framelane rm` it, start them again"
            )
            raise QtLocked('QSharedMemory "%s": its lock was not to be had within %g s: %s' % (key, timeout, advice))


def _leave(backend: _Backend, mapping: Mapping, keep: List[bool], pid: int) -> None:
    """Detaches once nothing sees the memory any more; not in a forked child, where lock and mapping are its parent's."""
    if os.getpid() != pid:
        return
    with contextlib.suppress(Exception):  # for cleaning up only
        backend.lock.held or backend.lock.try_take(_LEAVE)
    backend.leave(mapping, keep[0])


class SharedMemory:
    """An attached segment. Whoever detaches last removes it, Qt or not.

    Arrays over it keep it attached, also after close(), until the last of them is gone: copy what you keep.
    """

    def __init__(self, key: str, backend: _Backend, mapping: Mapping, lock_timeout: float) -> None:
        #: The key that Qt programs use.
        self.key = key
        self._backend = backend
        self._lock_timeout = lock_timeout
        self._memory: Any = mapping.memory
        self._keep = [False]
        # Not the mapping itself: a finalizer must not hold what it waits for.
        ghost = Mapping(None, mapping.address)
        self._leave = weakref.finalize(mapping.memory, _leave, backend, ghost, self._keep, os.getpid())

    @property
    def data(self) -> memoryview:
        """The segment's bytes, shared with whoever is attached; raises QtClosed after close()."""
        if self._memory is None:
            raise QtClosed('QSharedMemory "%s" was closed' % self.key)
        return memoryview(self._memory).cast("B")

    @property
    def size(self) -> int:
        """Bytes of the segment."""
        return len(self.data)

    @property
    def attached(self) -> Optional[int]:
        """Mappings of all processes, this one included; None for POSIX, which does not count."""
        return self._backend.attached()

    @contextlib.contextmanager
    def lock(self, timeout: Optional[float] = None) -> Iterator["SharedMemory"]:
        """`with memory.lock():` holds the lock that Qt programs take; not recursive. Raises QtLocked after `timeout` s."""
        if self._memory is None:
            raise QtClosed('QSharedMemory "%s" was closed' % self.key)
        if self._backend.lock.held:
            raise BadArgument('QSharedMemory "%s" is locked by us already' % self.key)
        _take(self._backend, self.key, self._lock_timeout if timeout is None else timeout)
        try:
            yield self
        finally:
            if self._backend.lock.held:
                self._backend.lock.give()

    def images(self) -> List[Image]:
        """The image list, its arrays over the segment; call it with the lock. Raises QtDamaged, Unsupported."""
        return read_images(self.data, "qt:%s" % self.key)

    def write(self, arrays: Sequence[np.ndarray], formats: Optional[Sequence[Optional[str]]] = None) -> int:
        """Writes arrays as image list; call it with the lock. See write_images."""
        return write_images(self.data, arrays, formats)

    def close(self, keep: bool = False) -> None:
        """Detaches, as soon as no array sees the segment. `keep` leaves it to whoever attaches next. Idempotent."""
        if self._memory is not None:
            self._keep[0] = keep
            self._memory = None

    def __enter__(self) -> "SharedMemory":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
