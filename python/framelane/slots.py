"""The producer's choice of a slot: the oldest that nobody holds (docs/ring-layout.md, "Acquire" and "Wait")."""

from __future__ import annotations

import time
from typing import List

from . import locks
from .futex import full_fence, order_fence
from .layout import I_ADVANCE, I_HIGH_WATER, I_WAITING, OWNER_LOSSLESS, PINS, READER_BYTES
from .segment import Segment

#: Longest sleep of a lossless producer: a killed reader wakes nobody. Seconds.
_SLICE = 0.1
_WORDS = READER_BYTES // 4
#: Looks at all slots before a frame is dropped.
_LOOKS = 3
_PINS_AT = 4


class Slots:
    """The slots of one ring, oldest frame first. Tickets are our own copies: readers could scribble on theirs."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._states, self._i, self._q = segment.states, segment.i, segment.q
        g = segment.geometry
        self._readers = g.readers
        self._first_word = g.reader_table // 8
        self._table = segment.i[g.reader_table // 4 : (g.reader_table + g.readers * READER_BYTES) // 4]
        self._tickets: List[int] = segment.states.tolist()
        self._order = sorted(range(g.slots), key=self._tickets.__getitem__)
        newest = self._order[-1]
        self._latest = newest if self._tickets[newest] else -1

    def acquire(self) -> int:
        """A slot to write into, its STATE 0; -1 when every slot is held.

        A reader that catches up walks from slot to slot in the order in which we look, and can seem to be everywhere:
        one vain look does not show that every slot is held.
        """
        for _ in range(_LOOKS):
            slot = self._acquire_once()
            if slot >= 0:
                return slot
        return -1

    def _acquire_once(self) -> int:
        for place, slot in enumerate(self._order):
            if slot == self._latest:
                continue
            ticket = self._tickets[slot]
            if self._held(slot, ticket):
                continue
            self._states[slot] = 0
            full_fence()
            if self._held(slot, ticket):
                order_fence()
                self._states[slot] = ticket
                continue
            del self._order[place]
            self._tickets[slot] = 0
            return slot
        return -1

    def wait(self, seconds: float) -> int:
        """As `acquire`, sleeping until readers free a slot, at most `seconds`; -1 after that."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                seen = self._i[I_ADVANCE]
                self._i[I_WAITING] = 1
                full_fence()
                slot = self.acquire()
                left = deadline - time.monotonic()
                if slot >= 0 or left <= 0:
                    return slot
                self._segment.advance.wait(seen, min(_SLICE, left))
                self._segment.check_whole()
        finally:
            if self._segment.whole():
                self._i[I_WAITING] = 0

    def _held(self, slot: int, ticket: int) -> bool:
        """Whether a living reader pins the slot, or holds its frame back."""
        entries = min(self._i[I_HIGH_WATER], self._readers)
        if entries == 0:
            return False
        words = self._table[: entries * _WORDS].tolist()
        # Owner, cursor and pins in one list: a quick look that may say yes for nothing, never no for something.
        if slot + 1 not in words and not any(words[1::_WORDS]):
            return False
        return any(self._held_by(entry, slot, ticket >> 8) for entry in range(entries))

    def _held_by(self, entry: int, slot: int, sequence: int) -> bool:
        # The cursor before the pins: a reader pins a frame before it moves its cursor on.
        return (self._held_back(entry, sequence) or self._pinned(entry, slot)) and self._lives(entry)

    def _held_back(self, entry: int, sequence: int) -> bool:
        start = self._first_word + entry * READER_BYTES // 8
        return bool(self._q[start] & OWNER_LOSSLESS) and self._q[start + 1] < sequence

    def _pinned(self, entry: int, slot: int) -> bool:
        pins = entry * _WORDS + _PINS_AT
        return slot + 1 in self._table[pins : pins + PINS].tolist()

    def _lives(self, entry: int) -> bool:
        start = self._segment.geometry.reader_table + entry * READER_BYTES
        return locks.is_locked(self._segment.fd, start, READER_BYTES)

    def publish(self, slot: int, ticket: int) -> None:
        """Lets readers see the slot under its ticket."""
        self._tickets[slot] = ticket
        self._latest = slot
        self._order.append(slot)
        order_fence()
        self._states[slot] = ticket
        order_fence()

    def abandon(self, slot: int) -> None:
        """Takes a slot back that was not written: the first to be lent again."""
        self._order.insert(0, slot)
