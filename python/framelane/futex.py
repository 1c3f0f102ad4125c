"""Sleeping and waking on a word of shared memory (futex(2)), and the memory fence that comes with it."""

from __future__ import annotations

import ctypes
import platform
import sys
from typing import Callable

from .errors import Unsupported

# asm/unistd.h: the call's number differs between machines. 64-bit, little-endian Linux only.
_SYSCALLS = {"x86_64": 202, "amd64": 202, "aarch64": 98, "arm64": 98, "riscv64": 98, "loongarch64": 98, "ppc64le": 221}
_FUTEX_WAIT = 0
_FUTEX_WAKE = 1
_FUTEX_PRIVATE_FLAG = 128
_EVERYBODY = 0x7FFFFFFF

_machine = platform.machine().lower()
if _machine not in _SYSCALLS or sys.byteorder != "little" or sys.maxsize < 1 << 32:
    raise Unsupported("framelane's ring needs 64-bit little-endian Linux on a machine it knows, not %s" % _machine)

#: x86 keeps stores in order and loads in order; other machines need a fence where C11 says acquire or release.
STRONG_ORDER = _machine in ("x86_64", "amd64")


class _Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


_number = ctypes.c_long(_SYSCALLS[_machine])
# CDLL lets go of the interpreter's lock during the call (waiting), PyDLL keeps it (quick calls).
_waiting_call = ctypes.CDLL(None).syscall
_quick_call = ctypes.PyDLL(None).syscall
_wait_op = ctypes.c_int(_FUTEX_WAIT)
_wake_op = ctypes.c_int(_FUTEX_WAKE)
_everybody = ctypes.c_int(_EVERYBODY)

_private_word = ctypes.c_uint32(0)
_fence_arguments = (
    _number,
    ctypes.c_void_p(ctypes.addressof(_private_word)),
    ctypes.c_int(_FUTEX_WAKE | _FUTEX_PRIVATE_FLAG),
    ctypes.c_int(1),
)


def full_fence() -> None:
    """A sequentially consistent fence: waking nobody on a word of our own is one, in the kernel's futex code."""
    _quick_call(*_fence_arguments)


def _nothing() -> None:
    """Where the machine keeps the order by itself."""


#: What C11 calls an acquire or a release fence.
order_fence: Callable[[], None] = _nothing if STRONG_ORDER else full_fence


class FutexWord:
    """One 32-bit futex word at `offset` of a writable mapping, shared between processes."""

    def __init__(self, mapping, offset: int) -> None:
        self._pinned = (ctypes.c_uint32 * 1).from_buffer(mapping, offset)  # holds the mapping in place
        self._address = ctypes.c_void_p(ctypes.addressof(self._pinned))

    def wait(self, expected: int, seconds: float) -> None:
        """Sleeps until woken, at most `seconds`; returns at once if the word is not `expected` any more.

        A signal ends the sleep too, so that Python's handlers run.
        """
        whole = int(seconds)
        timeout = _Timespec(whole, int((seconds - whole) * 1e9))
        _waiting_call(_number, self._address, _wait_op, ctypes.c_uint32(expected), ctypes.byref(timeout))

    def wake_all(self) -> None:
        """Wakes everybody who sleeps on the word."""
        _quick_call(_number, self._address, _wake_op, _everybody)
