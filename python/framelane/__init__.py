"""Framelane: live video frames between processes through shared memory, with no serialisation and no copy.

    with framelane.subscribe("cam1") as frames:
        for frame in frames:
            print(frame.sequence, frame.array.mean())

    with framelane.publish("cam1") as ring:
        ring.write(array)

Layout of the shared memory: docs/ring-layout.md. Linux, 64 bit, Python 3.9 or newer, numpy.
"""

from __future__ import annotations

from typing import Optional, Union

from .errors import (
    BadArgument,
    FrameInvalid,
    FramelaneError,
    FrameReleased,
    FrameTooLarge,
    MetadataTooLarge,
    ProducerLost,
    RingBusy,
    RingClosed,
    RingDamaged,
    RingFull,
    RingLossy,
    RingName,
    RingNoPermission,
    RingNoSpace,
    RingNotFound,
    RingVersion,
    TimedOut,
    TooManyHeld,
    Unsupported,
)
from .formats import FORMATS
from .frame import Area, Frame
from .loan import Loan
from .publisher import Publisher
from .snapshots import snapshot
from .subscriber import Subscriber

__version__ = "0.1.0"

__all__ = [
    "FORMATS", "Area", "BadArgument", "Frame", "FrameInvalid", "FrameReleased", "FrameTooLarge", "FramelaneError",
    "Loan", "MetadataTooLarge", "ProducerLost", "Publisher", "RingBusy", "RingClosed", "RingDamaged", "RingFull",
    "RingLossy", "RingName", "RingNoPermission", "RingNoSpace", "RingNotFound", "RingVersion", "Subscriber",
    "TimedOut", "TooManyHeld", "Unsupported", "publish", "snapshot", "subscribe",
]  # fmt: skip


def subscribe(
    name: Optional[str] = None,
    mode: str = "every",
    lossless: Optional[bool] = None,
    start: Optional[str] = None,
    wait: Optional[float] = None,
    takeover: Optional[float] = None,
    follow: bool = False,
) -> Subscriber:
    """Reads a ring: `for frame in framelane.subscribe("cam1")`. The iteration ends when the producer closes.

    name: the ring; default: FRAMELANE_RING of the environment, which `framelane pipe SOURCE -- COMMAND` sets.
    mode: "every" frame in order, or always the "latest", skipping what came meanwhile.
    lossless: hold frames back until this reader took them. Default: as the ring is, for "every"; no for "latest".
        True on a lossy ring raises RingLossy.
    start: at the "oldest" frame there is (default when lossless) or the "newest".
    wait: seconds for the ring to appear before RingNotFound; default 0, or 10 with FRAMELANE_RING; math.inf: for ever.
    takeover: seconds for a new producer after one died without closing, before ProducerLost; default for ever, or 2
        with FRAMELANE_RING.
    follow: go on when a producer closed and another opens a ring of that name; default: end.
    """
    return Subscriber(name, mode, lossless, start, wait, takeover, follow)


def publish(
    name: str,
    capacity: Optional[int] = None,
    slots: int = 8,
    readers: int = 64,
    lossless: bool = False,
    mode: Optional[int] = None,
    group: Union[int, str, None] = None,
) -> Publisher:
    """Makes the ring `name`, or takes over the one a killed producer left.

    capacity: most bytes a frame can take; default: what the first frame takes (the ring appears with it).
    slots: 2..255, at least the frames that are held at once + 2. readers: entries, 1..1024.
    lossless: wait for slow readers instead of dropping frames.
    mode: permission bits, default 0o600, or 0o660 with `group`, a number or name that may attach as well.
    """
    return Publisher(name, capacity, slots, readers, lossless, mode, group)
