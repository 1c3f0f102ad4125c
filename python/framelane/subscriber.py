"""Reading a ring: waiting for frames, taking them, going on after crashes and replacements."""

from __future__ import annotations

import math
import os
import time
from typing import Optional

from .errors import (
    BadArgument,
    ProducerLost,
    RingClosed,
    RingDamaged,
    RingLossy,
    RingNotFound,
    TimedOut,
)
from .frame import Frame
from .layout import I_NOTIFY, I_STATE, Q_DROPPED, STATE_CLOSED, STATE_LIVE, STATE_REPLACED, ring_path
from .seat import Seat
from .segment import Segment, open_file
from .slot import SlotReader

#: Longest sleep before asking whether the producer lives, in seconds.
_SLICE = 0.5
#: Pause between two looks for a ring that is not there yet, in seconds.
_LOOK_AGAIN = 0.01
#: Looks at a ring that changes faster than one can pin, before sleeping once.
_TRIES = 64
#: What a child of `framelane pipe -- COMMAND` waits for its ring, and for a new producer, in seconds.
_PIPE_WAIT, _PIPE_TAKEOVER = 10.0, 2.0


class Subscriber:
    """Frames of a ring: iterate over it, or `take()` them one by one. Made by `framelane.subscribe`.

    Not for several threads at once; frames may be released from any thread.
    """

    def __init__(
        self,
        name: Optional[str] = None,
        mode: str = "every",
        lossless: Optional[bool] = None,
        start: Optional[str] = None,
        wait: Optional[float] = None,
        takeover: Optional[float] = None,
        follow: bool = False,
    ) -> None:
        self._seat: Optional[Seat] = None
        self._slots: Optional[SlotReader] = None
        self._current: Optional[Frame] = None
        if mode not in ("every", "latest"):
            raise BadArgument("mode must be 'every' or 'latest', not %r" % (mode,))
        if start not in (None, "oldest", "newest"):
            raise BadArgument("start must be 'oldest' or 'newest', not %r" % (start,))
        piped = name is None
        self.name = _name_or_environment(name)
        self._path = ring_path(self.name)
        self._every = mode == "every"
        self._lossless = lossless
        self._takeover = (_PIPE_TAKEOVER if piped else math.inf) if takeover is None else takeover
        self._follow = follow
        #: Frames that were overwritten, or skipped by mode "latest", before this reader came to them.
        self.missed = 0
        #: Whether the producer closed the ring and everything left was taken.
        self.ended = False
        self._lost_since: Optional[float] = None
        self._sit_down(start, (_PIPE_WAIT if piped else 0.0) if wait is None else wait)

    def _sit_down(self, start: Optional[str], wait: float) -> None:
        deadline = time.monotonic() + wait
        while not self._attach(start):
            if time.monotonic() >= deadline:
                raise RingNotFound(
                    "there is no ring %r (%s); start its producer first, or pass wait=seconds" % (self.name, self._path)
                )
            time.sleep(_LOOK_AGAIN)

    def _attach(self, start: Optional[str]) -> bool:
        """Takes a seat in the ring that has the name now; False when none has."""
        try:
            fd = open_file(self._path, os.O_RDWR)
        except RingNotFound:
            return False
        segment = Segment(fd, self._path)
        if self._lossless and not segment.geometry.lossless:
            raise RingLossy("ring %r drops frames; publish it with lossless=True, or read without" % self.name)
        seat = Seat(segment)
        lossless = segment.geometry.lossless and (self._every if self._lossless is None else self._lossless)
        newest = start == "newest" if start is not None else not lossless
        self._last = seat.start(lossless, newest)
        self._any = False
        self._seat = seat
        self._slots = SlotReader(segment)
        self._lost_since = None
        return True

    @property
    def lossless(self) -> bool:
        """Whether the ring's producer waits for its lossless readers."""
        return self._open_seat().segment.geometry.lossless

    @property
    def dropped(self) -> int:
        """Frames that the producer dropped because no slot was free."""
        return self._open_seat().segment.q[Q_DROPPED]

    def _open_seat(self) -> Seat:
        seat = self._seat
        if seat is None or seat.closed:
            raise RingClosed("this subscriber of %r was closed (or opened before a fork); subscribe again" % self.name)
        return seat

    def take(self, timeout: Optional[float] = None) -> Optional[Frame]:
        """The next frame, yours to release; None once the producer has closed and nothing is left.

        Raises TimedOut after `timeout` seconds (default: waits for ever), FrameInvalid for a frame whose header makes
        no sense (the next call goes on behind it), ProducerLost, RingDamaged, TooManyHeld.
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while not self.ended:
            seat = self._open_seat()
            words = seat.segment.i
            seat.segment.check_whole()
            notified, state = words[I_NOTIFY], words[I_STATE]
            frame = self._look(seat)
            if frame is not None:
                return frame
            if state == STATE_LIVE:
                self._sleep(seat, notified, deadline)
            else:
                self._leave_behind(state, deadline)
        return None

    def _look(self, seat: Seat) -> Optional[Frame]:
        """A frame that is there now, or None."""
        for _ in range(_TRIES):
            ticket = seat.next(self._last) if self._every else seat.latest(self._last)
            if ticket == 0:
                return None
            pin = seat.pin(ticket)
            if pin >= 0:
                return self._frame(seat, ticket, pin)
        return None

    def _frame(self, seat: Seat, ticket: int, pin: int) -> Frame:
        sequence, slot = ticket >> 8, (ticket & 0xFF) - 1
        if self._any:
            self.missed += sequence - self._last - 1
        self._last = sequence
        self._any = True
        try:
            fields, layout, metadata = self._slots.read(slot, sequence)
        except BaseException:  # FrameInvalid, or Ctrl-C just here
            seat.took(sequence)
            seat.unpin(pin)
            raise
        segment = seat.segment
        frame = Frame(seat, pin, segment.pixels, slot * segment.geometry.data_stride, layout, fields, metadata)
        seat.took(sequence)
        return frame

    def _sleep(self, seat: Seat, notified: int, deadline: float) -> None:
        """Waits for news; after a while without, asks whether the producer lives."""
        now = time.monotonic()
        if now >= deadline:
            raise TimedOut("no frame from ring %r in the time given" % self.name)
        limit = deadline if self._lost_since is None else min(deadline, self._lost_since + self._takeover)
        seat.segment.notify.wait(notified, max(min(_SLICE, limit - now), 0.0))
        if seat.segment.i[I_NOTIFY] == notified:
            seat.segment.check_whole()
            self._ask_for_producer(seat)

    def _ask_for_producer(self, seat: Seat) -> None:
        if seat.segment.producer_lives():
            self._lost_since = None
            return
        if not seat.segment.still_named() and self._attach("oldest"):
            return  # somebody removed the dead producer's ring, and another has the name
        self._count_lost_time()

    def _count_lost_time(self) -> None:
        now = time.monotonic()
        if self._lost_since is None:
            self._lost_since = now
        if now - self._lost_since >= self._takeover:
            raise ProducerLost("the producer of ring %r ended without closing it; start it again" % self.name)

    def _leave_behind(self, state: int, deadline: float) -> None:
        """After a ring that was closed or replaced: ends, or goes on with the one that has its name now."""
        if state == STATE_CLOSED and not self._follow:
            self.ended = True
            return
        if state not in (STATE_CLOSED, STATE_REPLACED):
            raise RingDamaged("%s is damaged: state %d" % (self._path, state))
        seat = self._open_seat()
        while seat.segment.i[I_STATE] != STATE_LIVE:  # else another producer took it over after all
            if not seat.segment.still_named() and self._attach("oldest"):
                return
            if state == STATE_REPLACED:
                self._count_lost_time()
            if time.monotonic() >= deadline:
                raise TimedOut("no new ring %r in the time given" % self.name)
            time.sleep(_LOOK_AGAIN)

    def __iter__(self) -> "Subscriber":
        return self

    def __next__(self) -> Frame:
        previous, self._current = self._current, None
        if previous is not None and not previous._kept:
            previous._give_back()
        frame = self.take()
        if frame is None:
            raise StopIteration
        self._current = frame
        return frame

    def close(self) -> None:
        """Leaves the ring. Frames still held are released; idempotent."""
        self._current = self._slots = None
        seat, self._seat = self._seat, None
        if seat is not None:
            seat.close()

    def __enter__(self) -> "Subscriber":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _name_or_environment(name: Optional[str]) -> str:
    if name is None:
        name = os.environ.get("FRAMELANE_RING")
        if not name:
            raise BadArgument("name the ring, or set FRAMELANE_RING as `framelane pipe SOURCE -- COMMAND` does")
    return name
