"""A reader's entry in a ring: attaching, pinning, unpinning (docs/ring-layout.md, "Steps")."""

from __future__ import annotations

import os
import time

from . import locks
from .errors import RingDamaged, RingFull, TooManyHeld
from .futex import full_fence, order_fence
from .layout import (
    ATTACH_RANGE,
    I_HIGH_WATER,
    OWNER_LOSSLESS,
    PINS,
    Q_LATEST,
    READER_BYTES,
)
from .segment import Segment, attach_busy

_ATTACH_SECONDS = 5.0


def _take_attach_lock(segment: Segment) -> None:
    deadline = time.monotonic() + _ATTACH_SECONDS
    while not locks.try_lock(segment.fd, *ATTACH_RANGE):
        if time.monotonic() > deadline:
            raise attach_busy(segment.path)
        time.sleep(0.0005)


class Seat:
    """One locked reader entry. `closed` once it was given up; frames lent through it are gone then."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self._q, self._i, self._states = segment.q, segment.i, segment.states
        self._lossless_ring = segment.geometry.lossless
        self._slots = segment.geometry.slots
        self._pins = -1
        segment.check_whole()
        _take_attach_lock(segment)
        try:
            entry = self._lock_entry()
            self._place(entry)
            self._clear()
            self._i[I_HIGH_WATER] = max(self._i[I_HIGH_WATER], entry + 1)
            full_fence()
        finally:
            locks.unlock(segment.fd, *ATTACH_RANGE)
        self._free = list(range(PINS))

    @property
    def closed(self) -> bool:
        """Whether the seat was given up, here or by forking."""
        return self.segment.fd < 0

    def _lock_entry(self) -> int:
        g = self.segment.geometry
        for entry in range(g.readers):
            if locks.try_lock(self.segment.fd, g.reader_table + entry * READER_BYTES, READER_BYTES):
                return entry
        raise RingFull(
            "%s has all its %d readers; close one, publish with more readers=, or read copies with "
            "framelane.snapshot" % (self.segment.path, g.readers)
        )

    def _place(self, entry: int) -> None:
        start = self.segment.geometry.reader_table + entry * READER_BYTES
        self._owner = start // 8
        self._cursor = start // 8 + 1
        self._pins = start // 4 + 4

    def _clear(self) -> None:
        for pin in range(PINS):
            self._i[self._pins + pin] = 0
        self._q[self._owner] = 0
        self._q[self._cursor] = 0

    def start(self, lossless: bool, newest: bool) -> int:
        """Chooses where to begin: returns the seq after which frames are wanted."""
        self._q[self._owner] = os.getpid() | (OWNER_LOSSLESS if lossless else 0)
        full_fence()
        last = self._before_newest() if newest else self._before_oldest() if lossless else 0
        if self._lossless_ring:
            full_fence()
            self.segment.advance_producer()
        return last

    def _before_newest(self) -> int:
        """Sets the cursor so that the newest frame is the first to be taken; returns the cursor."""
        while True:
            ticket = self._q[Q_LATEST]
            before = max((ticket >> 8) - 1, 0)
            self._q[self._cursor] = before
            full_fence()
            if self._q[Q_LATEST] == ticket:
                return before

    def _before_oldest(self) -> int:
        """Sets the cursor to before the oldest frame from which on none is missing; returns it.

        What is older than a gap is only there because somebody holds it.
        """
        first = self._q[Q_LATEST] >> 8
        order_fence()
        there = {state >> 8 for state in self._states.tolist() if state}
        while first - 1 in there:
            first -= 1
        before = max(first - 1, 0)
        self._q[self._cursor] = before
        return before

    def latest(self, last: int) -> int:
        """Ticket of the newest frame if it is above `last`, else 0."""
        ticket = self._q[Q_LATEST]
        return ticket if ticket >> 8 > last else 0

    def next(self, last: int) -> int:
        """Ticket of the frame that follows `last` (or of the oldest after a gap), 0 when there is none."""
        newest = self._q[Q_LATEST]
        sequence = newest >> 8
        if sequence <= last:
            return 0
        if sequence == last + 1:
            return newest
        order_fence()
        ticket = self._smallest_above(last)
        if ticket >> 8 != last + 1:
            # One published between two looks at the table may have been passed over.
            ticket = self._smallest_above(last)
        return ticket

    def _smallest_above(self, last: int) -> int:
        floor = last << 8 | 0xFF
        ticket = min((state for state in self._states.tolist() if state > floor), default=0)
        if ticket >> 8 > (self._q[Q_LATEST] >> 8) + self._slots:
            raise self._damaged("a slot holds frame %d" % (ticket >> 8))
        return ticket

    def _damaged(self, what: str) -> RingDamaged:
        latest = self._q[Q_LATEST] >> 8
        return RingDamaged("%s is damaged: %s where the newest is %d" % (self.segment.path, what, latest))

    def pin(self, ticket: int) -> int:
        """Holds a ticket's slot; -1 when it holds another frame by now. Raises TooManyHeld without a free pin."""
        slot = (ticket & 0xFF) - 1
        if not 0 <= slot < self._slots:
            raise self._damaged("a ticket names slot %d of %d" % (slot, self._slots))
        if not self._free:
            raise TooManyHeld("this reader holds %d frames already; release one, or copy() what you keep" % PINS)
        pin = self._free.pop()
        self._i[self._pins + pin] = slot + 1
        full_fence()
        if self._states[slot] == ticket:
            order_fence()
            return pin
        self._i[self._pins + pin] = 0
        self._free.append(pin)
        if self._q[Q_LATEST] == ticket and self._states[slot] != ticket:
            raise self._damaged("slot %d does not hold the newest frame" % slot)
        return -1

    def took(self, sequence: int) -> None:
        """Moves the cursor: frames up to `sequence` need not be held back for this reader any more."""
        order_fence()
        self._q[self._cursor] = sequence
        if self._lossless_ring:
            self.segment.tell_producer()

    def unpin(self, pin: int) -> None:
        """Gives a slot back. Does nothing once the seat is closed, nor in a forked child, whose seat it is not."""
        if self.closed or not self.segment.whole():
            return
        order_fence()
        self._i[self._pins + pin] = 0
        self._free.append(pin)
        if self._lossless_ring:
            self.segment.tell_producer()

    def close(self) -> None:
        """Gives the entry up, with everything it holds."""
        if self.closed:
            return
        if self._pins >= 0 and self.segment.whole():
            self._clear()
            if self._lossless_ring:
                self.segment.tell_producer()
        self.segment.close()

    def __del__(self) -> None:
        # Not with the subscriber but after the last frame: one that was taken from a temporary subscriber stays held.
        self.close()
