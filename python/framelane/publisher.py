"""Writing a ring: lending slots, publishing, closing."""

from __future__ import annotations

import atexit
import grp
import math
import operator
import os
import time
import weakref
from typing import Any, List, Mapping, Optional, Sequence, Union

import numpy as np

from .creation import Rights, obtain_segment
from .errors import BadArgument, FrameTooLarge, RingClosed, TimedOut
from .formats import FrameLayout, format_named, frame_layout
from .futex import order_fence
from .layout import (
    I_STATE,
    Q_DROPPED,
    Q_LATEST,
    SLOT,
    SLOT_BYTES,
    SLOT_FIELDS_AT,
    SLOT_METADATA_AT,
    STATE_CLOSED,
    new_geometry,
    ring_path,
)
from .loan import Loan
from .metadata import encode_metadata
from .segment import Segment, names_file
from .slots import Slots
from .spread import spread

_NO_AREA = (0, 0, 0, 0)


def _rights(mode: Optional[int], group: Union[int, str, None]) -> Rights:
    if mode is None:
        mode = 0o600 if group is None else 0o660
    if not isinstance(mode, int) or mode & 0o600 != 0o600 or mode & ~0o666:
        raise BadArgument("mode must let the owner read and write and nobody execute, such as 0o600 or 0o660")
    if isinstance(group, str):
        try:
            group = grp.getgrnam(group).gr_gid
        except KeyError:
            raise BadArgument("there is no group %r on this machine" % group) from None
    return Rights(mode, group)


def _area_words(area: Optional[Sequence[int]]) -> Sequence[int]:
    if area is None:
        return _NO_AREA
    words = tuple(area)
    if len(words) != 4 or not all(isinstance(w, (int, np.integer)) and 0 <= w <= 0xFFFFFFFF for w in words):
        raise BadArgument("area is (x, y, source width, source height) in pixels, not %r" % (area,))
    if words[2] == 0:
        raise BadArgument("an area needs the width of the source it was cut from")
    return words


def _nanoseconds(capture_time: Optional[int]) -> int:
    if capture_time is None:
        return time.time_ns()
    try:
        when = operator.index(capture_time)
    except TypeError:
        when = -1
    if not 0 <= when < 1 << 64:
        raise BadArgument("capture_time is whole nanoseconds since 1970, not %r" % (capture_time,))
    return when


class Publisher:
    """The producer of a ring. Made by `framelane.publish`. Not for several threads at once."""

    def __init__(
        self,
        name: str,
        capacity: Optional[int] = None,
        slots: int = 8,
        readers: int = 64,
        lossless: bool = False,
        mode: Optional[int] = None,
        group: Union[int, str, None] = None,
    ) -> None:
        self._segment: Optional[Segment] = None
        self._slots: Optional[Slots] = None
        self._closed = False
        self.name = name
        self._path = ring_path(name)
        self._rights = _rights(mode, group)
        self._lossless = bool(lossless)
        self._slot_count, self._reader_count = slots, readers
        new_geometry(capacity or 1, slots, readers, lossless)  # wrong numbers are named now, not at the first frame
        if capacity is not None:
            self._open(capacity)

    def _open(self, capacity: int) -> Segment:
        geometry = new_geometry(capacity, self._slot_count, self._reader_count, self._lossless)
        segment = obtain_segment(self._path, geometry, self._rights)
        self._slots = Slots(segment)
        self._sequence = segment.q[Q_LATEST] >> 8
        self._segment = segment
        _open_publishers.add(self)
        return segment

    @property
    def closed(self) -> bool:
        """Whether the ring was closed, or belongs to the process this one was forked from."""
        return self._closed or (self._segment is not None and self._segment.fd < 0)

    @property
    def capacity(self) -> Optional[int]:
        """Most bytes a frame can take; None before the first frame, if that is to decide."""
        return None if self._segment is None else self._segment.geometry.capacity

    @property
    def dropped(self) -> int:
        """Frames that found no free slot, over the ring's life."""
        return 0 if self._segment is None else self._segment.q[Q_DROPPED]

    def loan(
        self,
        format: str,
        width: int,
        height: int,
        strides: Optional[Sequence[int]] = None,
        timeout: Optional[float] = None,
    ) -> Optional[Loan]:
        """A free slot for a frame of such a format and size, to write in place.

        `strides`: bytes from one row to the next, one number a plane, default without padding. None when every slot is
        held and the ring is lossy: the frame counts as dropped. A lossless ring waits instead, at most `timeout`
        seconds (default: for ever), then raises TimedOut.
        """
        if self.closed:
            raise RingClosed("the publisher of %r was closed (or opened before a fork); publish anew" % self.name)
        layout = frame_layout(format_named(format), width, height, strides)
        segment = self._segment or self._open(layout.payload)
        if layout.payload > segment.geometry.capacity:
            raise FrameTooLarge(
                "%dx%d %s takes %d bytes, slots of ring %r have %d; publish with a larger capacity"
                % (width, height, format, layout.payload, self.name, segment.geometry.capacity)
            )
        segment.check_whole()
        slot = self._slots.acquire()
        if slot < 0 and self._lossless:
            slot = self._slots.wait(math.inf if timeout is None else timeout)
            if slot < 0:
                raise TimedOut("no reader of ring %r freed a slot in %s seconds" % (self.name, timeout))
        if slot < 0:
            segment.q[Q_DROPPED] += 1
            return None
        return Loan(self, slot, layout)

    def write(
        self,
        pixels: Any,
        format: Optional[str] = None,
        width: Optional[int] = None,
        timeout: Optional[float] = None,
        **details: Any,
    ) -> Optional[int]:
        """Publishes a copy of an array, a list of planes, or a Frame; returns its number, None when it was dropped.

        Without `format`: [h, w] uint8 is gray8, uint16 gray16le, [h, w, 3] rgb24, [h, w, 4] rgba32. `width` is for
        yuyv422 of odd width, whose array is one pixel wider. `details` go to `Loan.publish`.
        """
        planes, form, width, height = spread(pixels, format, width)
        loan = self.loan(form, width, height, timeout=timeout)
        if loan is None:
            return None
        with loan:
            for target, source in zip(loan.planes, planes):
                np.copyto(target, source, casting="equiv")
            return loan.publish(**details)

    def views(self, slot: int, layout: FrameLayout) -> List[np.ndarray]:
        """Writable arrays over a slot; for Loan."""
        segment = self._segment
        return layout.views(segment.pixels, slot * segment.geometry.data_stride)

    def publish_slot(
        self,
        slot: int,
        layout: FrameLayout,
        capture_time: Optional[int],
        metadata: Optional[Mapping[str, Any]],
        area: Optional[Sequence[int]],
    ) -> int:
        """Writes a slot's header and hands it to the readers; for Loan."""
        segment = self._segment
        segment.check_whole()
        when, cut = _nanoseconds(capture_time), _area_words(area)
        extra = encode_metadata(metadata) if metadata else b""
        at = segment.geometry.slot_headers + slot * SLOT_BYTES
        # The number is used up before it is stored, so that Ctrl-C in between cannot give it to two frames.
        self._sequence = sequence = self._sequence + 1
        _write_header(segment.control, at, layout, sequence, when, len(extra), cut)
        if extra:
            segment.control[at + SLOT_METADATA_AT : at + SLOT_METADATA_AT + len(extra)] = extra
        ticket = sequence << 8 | slot + 1
        self._slots.publish(slot, ticket)
        segment.q[Q_LATEST] = ticket
        order_fence()
        segment.notify_readers()
        return sequence

    def abandon_slot(self, slot: int) -> None:
        """Takes a slot back unused; for Loan."""
        if not self.closed:
            self._slots.abandon(slot)

    def close(self) -> None:
        """Ends the ring: readers take what is left and end, and the name is free. Idempotent."""
        if self.closed:
            self._closed = True
            return
        self._closed = True
        segment, self._segment = self._segment, None
        self._slots = None  # it maps the segment too, whose memory is to be free now
        if segment is None:
            return
        _open_publishers.discard(self)
        if segment.whole():
            segment.i[I_STATE] = STATE_CLOSED
            order_fence()
            segment.notify_readers()
        if names_file(self._path, segment.fd):
            os.unlink(self._path)
        segment.close()

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_segment", None) is not None:
            self.close()


def _write_header(
    control: Any, at: int, layout: FrameLayout, sequence: int, when: int, extra: int, area: Sequence[int]
) -> None:
    planes = layout.planes
    second = planes[1] if len(planes) > 1 else None
    third = planes[2] if len(planes) > 2 else None
    SLOT.pack_into(
        control, at + SLOT_FIELDS_AT, sequence, when, layout.payload, layout.width, layout.height, planes[0].stride,
        layout.format.code, len(planes), extra, second.offset if second else 0, third.offset if third else 0,
        second.stride if second else 0, third.stride if third else 0, *area, time.monotonic_ns(),
    )  # fmt: skip


_open_publishers: "weakref.WeakSet[Publisher]" = weakref.WeakSet()


@atexit.register
def _close_at_exit() -> None:
    """Nothing is left in /dev/shm by a program that ends, whatever it ends with."""
    for publisher in list(_open_publishers):
        publisher.close()
