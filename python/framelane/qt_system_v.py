"""QSharedMemory on System V: a file that stands for the key, a segment, a semaphore."""

from __future__ import annotations

import ctypes
import errno
from typing import Any, NamedTuple, Optional

from .qt_errors import system_error
from .qt_names import NativeNames, make_key_file, remove_key_file, system_v_key

_CREATE = 0o1000 | 0o2000  # IPC_CREAT | IPC_EXCL
_REMOVE, _STAT, _SETVAL = 0, 2, 16  # IPC_RMID, IPC_STAT, SETVAL
_UNDO = 0x1000  # SEM_UNDO: the kernel gives the lock back when its holder dies


class _SegmentFacts(ctypes.Structure):
    """struct shmid_ds of 64-bit Linux; the permissions in front are 48 bytes."""

    _fields_ = [
        ("permissions", ctypes.c_char * 48), ("bytes", ctypes.c_size_t), ("times", ctypes.c_long * 3),
        ("creator", ctypes.c_int), ("last", ctypes.c_int), ("attached", ctypes.c_ulong), ("reserved", ctypes.c_ulong * 2),
    ]  # fmt: skip


class _Change(ctypes.Structure):
    """struct sembuf."""

    _fields_ = [("number", ctypes.c_ushort), ("by", ctypes.c_short), ("flags", ctypes.c_short)]


class _Time(ctypes.Structure):
    """struct timespec."""

    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


_libc = ctypes.CDLL(None, use_errno=True)
_libc.shmget.argtypes = [ctypes.c_int, ctypes.c_size_t, ctypes.c_int]
_libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
_libc.shmat.restype = ctypes.c_void_p
_libc.shmdt.argtypes = [ctypes.c_void_p]
_libc.shmctl.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.POINTER(_SegmentFacts)]
_libc.semget.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int]
_libc.semtimedop.argtypes = [ctypes.c_int, ctypes.POINTER(_Change), ctypes.c_size_t, ctypes.POINTER(_Time)]


class Mapping(NamedTuple):
    """A segment in our address space: its bytes, and what unmaps it."""

    memory: Any
    address: int


class SystemVLock:
    """QSystemSemaphore on System V: 1 when free. Whoever made it removes it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._id: Optional[int] = None
        self._made = False
        self.held = False

    def try_take(self, seconds: float) -> bool:
        """Takes it, made where there is none; False when it was not to be had in that time."""
        limit = _Time(int(seconds), int(seconds % 1 * 1e9))
        for _ in range(3):  # its maker may go meanwhile and take it along, as Qt does
            if self._id is None:
                self._id = self._open()
            if _libc.semtimedop(self._id, ctypes.byref(_Change(0, -1, _UNDO)), 1, ctypes.byref(limit)) == 0:
                self.held = True
                return True
            number = ctypes.get_errno()
            if number in (errno.EAGAIN, errno.EINTR):
                return False
            if number not in (errno.EIDRM, errno.EINVAL):
                raise system_error(number, self._file)
            self._id, self._made = None, False
        return False

    def give(self) -> None:
        """Gives it back; if somebody removed it, there is nothing to give."""
        self.held = False
        if self._id is not None:
            _libc.semtimedop(self._id, ctypes.byref(_Change(0, 1, _UNDO)), 1, None)

    def close(self, unused: bool) -> None:
        """Ends it; removed, while held, if it was made here or its segment is gone. Whoever waits makes another."""
        if (self._made or unused) and self.held and self._id is not None:
            remove_key_file(self._file)
            _libc.semctl(self._id, 0, _REMOVE, 0)
        elif self.held:
            self.give()
        self.held, self._id = False, None

    def _open(self) -> int:
        make_key_file(self._file)
        key = system_v_key(self._file)
        if key is None:
            raise system_error(errno.ENOENT, self._file)
        found = _libc.semget(key, 1, 0o600 | _CREATE)
        self._made = found >= 0
        if self._made:
            _libc.semctl(found, 0, _SETVAL, 1)
        elif ctypes.get_errno() == errno.EEXIST:
            found = _libc.semget(key, 1, 0o600)
        if found < 0:
            raise system_error(ctypes.get_errno(), self._file)
        return found


class SystemVBackend:
    """The steps of QSharedMemory in System V's calls."""

    lock_survives = True

    def __init__(self, names: NativeNames) -> None:
        self.name = names.segment
        self.lock = SystemVLock(names.lock)
        self._id: Optional[int] = None

    def find(self) -> None:
        """Raises QtNotFound unless the segment is there; makes nothing."""
        self._id = self._find()

    def attach(self) -> Mapping:
        """Maps the segment that is there."""
        self._id = self._find()
        return self._map()

    def create(self, size: int) -> Optional[Mapping]:
        """Makes it; None when there is one."""
        made = make_key_file(self.name)
        found = _libc.shmget(system_v_key(self.name) or 0, size, 0o600 | _CREATE)
        if found < 0:
            number = ctypes.get_errno()
            if number == errno.EEXIST:
                return None
            if made:
                remove_key_file(self.name)
            raise system_error(number, self.name)
        self._id = found
        return self._map()

    def attached(self) -> int:
        """Mappings of all processes."""
        if self._id is None:
            self._id = self._find()
        return self._facts().attached

    def leave(self, mapping: Optional[Mapping], keep: bool) -> None:
        """Unmaps, and removes what the last one out has to; the lock, if it is held, ends."""
        if mapping is not None:
            _libc.shmdt(mapping.address)
        last = False
        if self._id is not None and self.lock.held and not keep:
            facts = _SegmentFacts()
            last = _libc.shmctl(self._id, _STAT, ctypes.byref(facts)) == 0 and facts.attached == 0
        if last:
            _libc.shmctl(self._id, _REMOVE, None)
            remove_key_file(self.name)
        self.lock.close(last)
        self._id = None

    def _find(self) -> int:
        key = system_v_key(self.name)
        found = -1 if key is None else _libc.shmget(key, 0, 0o600)
        if found < 0:
            raise system_error(errno.ENOENT if key is None else ctypes.get_errno(), self.name)
        return found

    def _facts(self) -> _SegmentFacts:
        facts = _SegmentFacts()
        if _libc.shmctl(self._id, _STAT, ctypes.byref(facts)) != 0:
            raise system_error(ctypes.get_errno(), self.name)
        return facts

    def _map(self) -> Mapping:
        address = _libc.shmat(self._id, None, 0)
        if address is None or address == ctypes.c_void_p(-1).value:
            raise system_error(ctypes.get_errno(), self.name)
        return Mapping((ctypes.c_ubyte * self._facts().bytes).from_address(address), address)

