"""Making a ring's segment, taking over a dead producer's, or replacing it (docs/ring-layout.md, "Take-over")."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from typing import NamedTuple, Optional

from . import locks
from .errors import RingBusy, RingDamaged, RingNoPermission, RingNoSpace, RingNotFound, Unsupported
from .futex import order_fence
from .layout import (
    I_PID,
    I_STATE,
    I_WAITING,
    MAGIC,
    PRODUCER_RANGE,
    Q_EPOCH,
    Q_LATEST,
    STATE_LIVE,
    STATE_REPLACED,
    Geometry,
    pack_header,
)
from .segment import Segment, names_file, open_file

_ATTEMPTS = 100
#: A seq that no ring reaches in earnest: a leftover that claims one is damaged.
_MOST_SEQ = 1 << 55


class Rights(NamedTuple):
    """Who may open the segment."""

    #: Permission bits.
    mode: int
    #: Group number, or None for the process's own.
    group: Optional[int]


def obtain_segment(path: str, geometry: Geometry, rights: Rights) -> Segment:
    """The ring at `path`, its producer range locked by us: taken over where that fits, else made."""
    for _ in range(_ATTEMPTS):
        try:
            fd = open_file(path, os.O_RDWR)
        except RingNotFound:
            segment = _make(path, geometry, rights)
        else:
            segment = _inherit(fd, path, geometry, rights)
        if segment is not None:
            return segment
    raise RingBusy("other producers keep making and removing %s; stop them" % path)


def _make(path: str, geometry: Geometry, rights: Rights) -> Optional[Segment]:
    """A fresh segment, linked under its name only once it is whole; None when somebody else was faster."""
    fd = _unnamed_file(os.path.dirname(path))
    try:
        _give_rights(fd, rights)
        _reserve(fd, path, geometry.total)
        os.pwrite(fd, pack_header(geometry, secrets.randbits(63) + 1, time.time_ns()), 0)
        os.pwrite(fd, MAGIC.to_bytes(8, "little"), 0)
        locks.try_lock(fd, *PRODUCER_RANGE)
    except BaseException:
        os.close(fd)
        raise
    segment = Segment(fd, path, pixels_writable=True)
    _go_live(segment, 0)
    if _link(fd, path):
        return segment
    segment.close()
    return None


def _unnamed_file(directory: str) -> int:
    try:
        return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        raise RingNotFound("there is no directory %s for rings; make it or change FRAMELANE_SHM_DIR" % directory) from None
    except PermissionError:
        raise RingNoPermission("no permission to make rings in %s" % directory) from None
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOTDIR):
            raise Unsupported("%s cannot hold rings (no O_TMPFILE there); use a tmpfs such as /dev/shm" % directory) from None
        raise _no_space(error, directory, 0) from error


def _no_space(error: OSError, where: str, size: int) -> Exception:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return error
    return RingNoSpace(
        "no room for the %d bytes of %s (%s); use fewer slots or a smaller capacity, or enlarge /dev/shm: a "
        "container has 64 MB there unless started with --shm-size" % (size, where, os.strerror(error.errno)),
        bytes=size,
    )


def _reserve(fd: int, path: str, size: int) -> None:
    """Reserves every byte now, so that a full file system is an error here and no SIGBUS later."""
    try:
        os.posix_fallocate(fd, 0, size)
    except OSError as error:
        raise _no_space(error, path, size) from error


def _give_rights(fd: int, rights: Rights) -> None:
    try:
        if rights.group is not None:
            os.fchown(fd, -1, rights.group)
        os.fchmod(fd, rights.mode)
    except PermissionError:
        raise RingNoPermission("cannot give the ring to group %s: this user is not in it" % rights.group) from None


def _link(fd: int, path: str) -> bool:
    # With a directory descriptor CPython calls linkat, and follow_symlinks means AT_SYMLINK_FOLLOW.
    directory = os.open("/proc/self/fd", os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.link(str(fd), path, src_dir_fd=directory, follow_symlinks=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise Unsupported("cannot name the ring %s: %s; is /proc mounted?" % (path, error)) from error
    finally:
        os.close(directory)
    return True


def _inherit(fd: int, path: str, geometry: Geometry, rights: Rights) -> Optional[Segment]:
    """Takes over, or removes, the leftover ring behind `fd`; None to look at the name again."""
    try:
        if not locks.try_lock(fd, *PRODUCER_RANGE):
            raise RingBusy("ring %s has a producer; stop it, or use another name" % path)
        if not names_file(path, fd):
            return None
        segment = _sound(fd, path)
        # Somebody else's file would let its owner see frames that our mode hides from him.
        fits = segment is not None and segment.geometry == geometry and os.fstat(fd).st_uid == os.geteuid()
        latest = _newest_ticket(segment) if fits else -1
        if latest < 0:
            _replace(path, segment)
            return None
        _give_rights(fd, rights)
        _go_live(segment, latest)
        return segment
    finally:
        os.close(fd)  # the segment has a duplicate, with which the lock stays


def _sound(fd: int, path: str) -> Optional[Segment]:
    """The leftover, mapped; None when it is damaged. Another version's ring is left alone: RingVersion."""
    try:
        return Segment(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 0), path, pixels_writable=True)
    except RingDamaged:
        return None


def _newest_ticket(segment: Segment) -> int:
    """LATEST as a new producer must set it; -1 when the tickets make no sense."""
    tickets = segment.states.tolist()
    if any(ticket and ticket & 0xFF != slot + 1 for slot, ticket in enumerate(tickets)):
        return -1
    newest = max([segment.q[Q_LATEST], *tickets])
    held_by_its_slot = newest == 0 or newest in tickets
    return newest if held_by_its_slot and newest >> 8 < _MOST_SEQ else -1


def _replace(path: str, segment: Optional[Segment]) -> None:
    """Unlinks a leftover that does not fit and tells its readers to look the name up again."""
    try:
        os.unlink(path)
    except PermissionError:
        raise RingNoPermission("%s is left over from another user's producer; have it removed" % path) from None
    if segment is not None:
        segment.i[I_STATE] = STATE_REPLACED
        order_fence()
        segment.notify_readers()
        segment.close()


def _go_live(segment: Segment, latest: int) -> None:
    q, i = segment.q, segment.i
    q[Q_LATEST] = latest
    i[I_WAITING] = 0
    q[Q_EPOCH] = q[Q_EPOCH] + 1 & 0xFFFFFFFFFFFFFFFF
    i[I_PID] = os.getpid()
    order_fence()
    i[I_STATE] = STATE_LIVE
