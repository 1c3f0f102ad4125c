"""A copy of a ring's newest frame without a reader's entry: read permission is enough."""

from __future__ import annotations

import os
from typing import Optional

from .errors import FrameInvalid, RingBusy
from .frame import Frame
from .futex import order_fence
from .layout import Q_LATEST, ring_path
from .segment import Segment, open_file
from .slot import SlotReader

_TRIES = 1000


def snapshot(name: str) -> Optional[Frame]:
    """A copy of the newest frame of a ring, yours for ever; None when it has none yet.

    Needs no write permission and no free reader entry. The producer does not know of it and may overwrite the slot
    meanwhile: then the copy is made again.
    """
    path = ring_path(name)
    segment = Segment(open_file(path, os.O_RDONLY), path, control_writable=False)
    try:
        slots = SlotReader(segment)
        for _ in range(_TRIES):
            ticket = segment.q[Q_LATEST]
            if ticket == 0:
                return None
            frame = _copied(segment, slots, ticket)
            if frame is not None:
                return frame
    finally:
        segment.close()
    raise RingBusy("ring %r is written faster than it can be copied; subscribe to it instead" % name)


def _copied(segment: Segment, slots: SlotReader, ticket: int) -> Optional[Frame]:
    slot = (ticket & 0xFF) - 1
    if not 0 <= slot < segment.geometry.slots:
        raise FrameInvalid("the newest ticket names slot %d of %d" % (slot, segment.geometry.slots))
    segment.check_whole()
    try:
        fields, layout, metadata = slots.read(slot, ticket >> 8)
    except FrameInvalid:
        if segment.states[slot] == ticket:
            raise
        return None
    start = slot * segment.geometry.data_stride
    pixels = bytes(memoryview(segment.pixels)[start : start + layout.payload])
    order_fence()
    if segment.states[slot] != ticket:
        return None
    return Frame(None, -1, pixels, 0, layout, fields, metadata)
