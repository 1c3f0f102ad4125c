"""One ring's file: opened, checked, mapped; and closed in forked children, which must not hold its locks."""

from __future__ import annotations

import errno
import mmap
import os
import stat
import weakref

from . import locks
from .errors import RingBusy, RingDamaged, RingNoPermission, RingNotFound
from .futex import FutexWord, full_fence
from .layout import (
    HEADER,
    I_ADVANCE,
    I_NOTIFY,
    I_WAITING,
    PRODUCER_RANGE,
    SLOT_BYTES,
    Geometry,
    read_header,
)

_OPEN = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def open_file(path: str, access: int) -> int:
    """A new descriptor of a ring's file, `access` being os.O_RDWR or os.O_RDONLY."""
    try:
        fd = os.open(path, access | _OPEN)
    except FileNotFoundError:
        raise RingNotFound("there is no ring at %s; start its producer first, or pass wait=seconds" % path) from None
    except PermissionError:
        raise RingNoPermission(
            "no permission to open %s; let its producer publish with group= or mode=, or read copies with "
            "framelane.snapshot where it may be read" % path
        ) from None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise RingDamaged("%s is not a regular file; remove it" % path) from None
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise RingDamaged("%s is not a regular file; remove it" % path)
    return fd


def names_file(path: str, fd: int) -> bool:
    """Whether `path` still is the file behind `fd`."""
    try:
        named = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(fd))


def _reopened(fd: int, access: int) -> int:
    """The same file opened anew: mappings are made of this one, since they keep a duplicate of their descriptor."""
    return os.open("/proc/self/fd/%d" % fd, access | os.O_CLOEXEC)


class Segment:
    """A mapped ring. `fd` is the open file that carries this side's locks, owned from here on; -1 once closed.

    `control` maps everything below the pixels, `pixels` the rest. `q` and `i` are the control part as 64-bit and
    32-bit words.
    """

    def __init__(self, fd: int, path: str, *, control_writable: bool = True, pixels_writable: bool = False) -> None:
        self.fd = fd
        self.path = path
        _living.add(self)
        try:
            file = os.fstat(fd)
            self.geometry: Geometry = read_header(os.pread(fd, HEADER.size, 0), file.st_size, path)
            if file.st_blocks * 512 < file.st_size:  # a ring's memory was reserved when it was made
                raise RingDamaged("%s has holes, so it is no ring; remove it" % path)
            self._map(control_writable, pixels_writable)
        except BaseException:
            self.close()
            raise
        first = self.geometry.slot_headers // 8
        words = SLOT_BYTES // 8
        #: STATE of every slot.
        self.states = self.q[first : first + self.geometry.slots * words : words]
        if control_writable:
            self.notify = FutexWord(self.control, I_NOTIFY * 4)
            self.advance = FutexWord(self.control, I_ADVANCE * 4)

    def _map(self, control_writable: bool, pixels_writable: bool) -> None:
        writable = control_writable or pixels_writable
        fd = _reopened(self.fd, os.O_RDWR if writable else os.O_RDONLY)
        reading, writing = mmap.PROT_READ, mmap.PROT_READ | mmap.PROT_WRITE
        g = self.geometry
        try:
            self.control = mmap.mmap(fd, g.data, prot=writing if control_writable else reading)
            pixel_bytes = g.slots * g.data_stride
            self.pixels = mmap.mmap(fd, pixel_bytes, prot=writing if pixels_writable else reading, offset=g.data)
        except (ValueError, OSError) as error:
            raise RingDamaged("%s cannot be mapped: %s" % (self.path, error)) from None
        finally:
            os.close(fd)
        self.q = memoryview(self.control).cast("Q")
        self.i = memoryview(self.control).cast("I")

    def whole(self) -> bool:
        """Whether the file still has all its bytes; touching the mapping of one that was cut is a SIGBUS."""
        return os.lseek(self.fd, 0, os.SEEK_END) >= self.geometry.total

    def check_whole(self) -> None:
        """Raises RingDamaged when the file was cut."""
        if not self.whole():
            raise RingDamaged("%s was cut to %d bytes; remove it and publish anew" % (self.path, os.fstat(self.fd).st_size))

    def producer_lives(self) -> bool:
        """Whether some other open file holds the producer's range."""
        return locks.is_locked(self.fd, *PRODUCER_RANGE)

    def still_named(self) -> bool:
        """Whether the ring's name still stands for this file."""
        return names_file(self.path, self.fd)

    def notify_readers(self) -> None:
        """Tells every waiting reader that something happened."""
        self.i[I_NOTIFY] = (self.i[I_NOTIFY] + 1) & 0xFFFFFFFF
        self.notify.wake_all()

    def tell_producer(self) -> None:
        """Wakes the producer of a lossless ring if it waits for readers."""
        full_fence()
        if self.i[I_WAITING]:
            self.advance_producer()

    def advance_producer(self) -> None:
        """Changes ADVANCE and wakes whoever waits on it."""
        self.i[I_ADVANCE] = (self.i[I_ADVANCE] + 1) & 0xFFFFFFFF
        self.advance.wake_all()

    def close(self) -> None:
        """Drops the locks. The mapping goes away with the last array over it."""
        if self.fd >= 0:
            locks.unlock(self.fd, 0, 0)  # the whole file: a child just forked may still have the descriptor open
            self.disown()

    def disown(self) -> None:
        """Lets go of the descriptor alone: in a forked child the locks are its parent's."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    def __del__(self) -> None:
        self.close()


_living: "weakref.WeakSet[Segment]" = weakref.WeakSet()


def _disown_in_child() -> None:
    """A forked child inherits the open files and would keep their locks alive: it lets go of them at once."""
    for segment in list(_living):
        segment.disown()


os.register_at_fork(after_in_child=_disown_in_child)


def attach_busy(path: str) -> RingBusy:
    """The error of an attach lock that nobody gives back."""
    return RingBusy("somebody has been attaching to %s for seconds; stop that process" % path)
