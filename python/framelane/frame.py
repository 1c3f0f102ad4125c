"""A frame: pixels lent by a ring's slot (or owned, for a snapshot), and what is known of them."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Tuple, Union

import numpy as np

from .errors import FrameReleased, Unsupported
from .formats import FrameLayout
from .metadata import Metadata


class Area(NamedTuple):
    """Where a frame's pixels were on the sensor when only a part of it was read out. Pixels, origin top left."""

    x: int
    y: int
    #: Width of the whole sensor.
    source_width: int
    #: Height of the whole sensor.
    source_height: int


def only_plane(layout: FrameLayout, views: List[np.ndarray]) -> np.ndarray:
    """The array of a packed format; planar formats have no single one."""
    if len(views) > 1:
        raise Unsupported("%s has %d planes and no single array; use .planes" % (layout.format.name, len(views)))
    return views[0]


class Frame:
    """One picture. Its pixels stay as they are until `release()`, the end of its `with` block, or, in
    `for frame in subscriber`, until the next frame is asked for (`keep()` prevents that).

    Arrays are views of shared memory: numpy cannot take them back, so do not use one after the frame was released;
    `copy()` what you keep. Asking the frame itself raises FrameReleased then.
    """

    __slots__ = (
        "_lender", "_pin", "_memory", "_start", "_layout", "_views", "_kept", "__weakref__",
        "sequence", "capture_time", "publish_time", "area", "metadata",
    )  # fmt: skip

    #: Number of the frame in its ring, from 1.
    sequence: int
    #: Nanoseconds since 1970-01-01 UTC; 0 unknown.
    capture_time: int
    #: When it was published: CLOCK_MONOTONIC of this machine, ns (time.monotonic_ns).
    publish_time: int
    #: Where on the sensor it was, or None when it is the whole picture.
    area: Optional[Area]
    #: What the source says about it: bool, int, float, str or bytes by name.
    metadata: Metadata

    def __init__(
        self, lender: Any, pin: int, memory: Any, start: int, layout: FrameLayout, fields: tuple, metadata: Metadata
    ) -> None:
        self._lender = lender
        self._pin = pin
        self._memory = memory
        self._start = start
        self._layout = layout
        self._views: Optional[List[np.ndarray]] = None
        self._kept = False
        self.sequence = fields[0]
        self.capture_time = fields[1]
        self.publish_time = fields[17]
        self.area = Area._make(fields[13:17]) if fields[15] else None
        self.metadata = metadata

    @property
    def format(self) -> str:
        """Name of the pixel format, such as "rgb24"."""
        return self._layout.format.name

    @property
    def width(self) -> int:
        """Pixels across."""
        return self._layout.width

    @property
    def height(self) -> int:
        """Rows."""
        return self._layout.height

    @property
    def stride(self) -> int:
        """Bytes from one row of plane 0 to the next."""
        return self._layout.planes[0].stride

    @property
    def released(self) -> bool:
        """Whether the pixels were given back."""
        return self._memory is None or (self._lender is not None and self._lender.closed)

    def _read_only_views(self) -> List[np.ndarray]:
        if self.released:
            raise FrameReleased("frame %d was released; copy() what you keep before that" % self.sequence)
        if self._views is None:
            self._views = self._layout.views(self._memory, self._start)
        return self._views

    @property
    def planes(self) -> Tuple[np.ndarray, ...]:
        """Read-only views, one a plane: [rows, columns], or [rows, columns, 2] for nv12's chroma."""
        return tuple(self._read_only_views())

    @property
    def array(self) -> np.ndarray:
        """Read-only view: [height, width] or [height, width, channels], uint8 or uint16, rows possibly strided.

        yuyv422 is [height, width rounded up to even, 2]. nv12 and i420 have none: Unsupported.
        """
        return only_plane(self._layout, self._read_only_views())

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        """Lets numpy's functions take the frame itself."""
        array = self.array
        if dtype is not None and dtype != array.dtype:
            if copy is False:
                raise ValueError("%s pixels as %s need a copy" % (array.dtype, dtype))
            return array.astype(dtype)
        return array.copy() if copy else array

    def copy(self) -> Union[np.ndarray, Tuple[np.ndarray, ...]]:
        """Pixels of your own, rows without padding: an array, or a tuple of them for nv12 and i420."""
        copies = tuple(np.array(view, order="C") for view in self._read_only_views())
        return copies if len(copies) > 1 else copies[0]

    def keep(self) -> "Frame":
        """Holds the frame beyond its turn of the for loop: it is yours to release."""
        self._kept = True
        return self

    def release(self) -> None:
        """Gives the pixels back; a second time raises FrameReleased."""
        if self.released:
            raise FrameReleased("frame %d was released before" % self.sequence)
        self._give_back()

    def _give_back(self) -> None:
        memory, self._memory = self._memory, None
        self._views = None
        if memory is not None and self._lender is not None:
            self._lender.unpin(self._pin)

    def __enter__(self) -> "Frame":
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back()

    def __del__(self) -> None:
        # A frame that was forgotten must not hold its slot for ever; one whose __init__ failed has no memory yet.
        if getattr(self, "_memory", None) is not None:
            self._give_back()

    def __repr__(self) -> str:
        return "<framelane.Frame %d: %dx%d %s%s>" % (
            self.sequence, self.width, self.height, self.format, ", released" if self.released else "",
        )  # fmt: skip
