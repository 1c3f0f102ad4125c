"""What can go wrong with the shared memory of Qt programs."""

from __future__ import annotations

import errno
import os

from .errors import FramelaneError, _Coded


class QtNotFound(_Coded):
    """No segment of that key."""

    _code = "QT_NOT_FOUND"


class QtBusy(_Coded):
    """There is a segment of that key already."""

    _code = "QT_BUSY"


class QtLocked(_Coded, TimeoutError):
    """The segment's lock was not to be had in time."""

    _code = "QT_LOCKED"


class QtDamaged(_Coded, ValueError):
    """What is in the segment is no image list."""

    _code = "QT_DAMAGED"


class QtNoSpace(_Coded):
    """The segment, or the memory for it, is too small."""

    _code = "QT_NO_SPACE"


class QtNoPermission(_Coded):
    """The segment belongs to another user."""

    _code = "QT_NO_PERMISSION"


class QtClosed(_Coded):
    """The segment was closed before."""

    _code = "QT_CLOSED"


_SPACE = {errno.ENOSPC, errno.ENOMEM, errno.EFBIG, errno.EDQUOT}


def system_error(number: int, subject: str) -> FramelaneError:
    """The error of a system call that failed with that errno."""
    name = errno.errorcode.get(number, str(number))
    if number in (errno.ENOENT, errno.ENODATA):
        return QtNotFound('QSharedMemory "%s": there is none (%s): start the Qt program that makes it first' % (subject, name))
    if number in (errno.EACCES, errno.EPERM):
        return QtNoPermission('QSharedMemory "%s": it belongs to another user (%s): run as that user' % (subject, name))
    if number in _SPACE:
        return QtNoSpace('QSharedMemory "%s": not enough shared memory (%s)' % (subject, name))
    return FramelaneError("IO", 'QSharedMemory "%s": %s (%s)' % (subject, os.strerror(number), name))
