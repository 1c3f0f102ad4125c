"""A slot lent to the producer: write the pixels in place, then publish."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from .errors import FrameReleased
from .formats import FrameLayout
from .frame import only_plane


class Loan:
    """Writable memory for one frame. Fill `array` or `planes`, then `publish()`; leaving a `with` block unpublished
    abandons it. The pixels hold whatever the slot held before.

    Arrays are views of shared memory: do not write through one after publishing, readers see it.
    """

    def __init__(self, publisher: Any, slot: int, layout: FrameLayout) -> None:
        self._publisher = publisher
        self._slot = slot
        self._layout = layout
        self._views: Optional[List[np.ndarray]] = None

    @property
    def format(self) -> str:
        """Name of the pixel format."""
        return self._layout.format.name

    @property
    def width(self) -> int:
        """Pixels across."""
        return self._layout.width

    @property
    def height(self) -> int:
        """Rows."""
        return self._layout.height

    def _owner(self) -> Any:
        publisher = self._publisher
        if publisher is None or publisher.closed:
            raise FrameReleased("this loan was published or abandoned, or its publisher closed; ask for another")
        return publisher

    def _writable_views(self) -> List[np.ndarray]:
        publisher = self._owner()
        if self._views is None:
            self._views = publisher.views(self._slot, self._layout)
        return self._views

    @property
    def planes(self) -> Tuple[np.ndarray, ...]:
        """Writable views, one a plane."""
        return tuple(self._writable_views())

    @property
    def array(self) -> np.ndarray:
        """Writable view of a packed format: [height, width] or [height, width, channels]."""
        return only_plane(self._layout, self._writable_views())

    def publish(
        self,
        capture_time: Optional[int] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        area: Optional[Sequence[int]] = None,
    ) -> int:
        """Hands the frame to the readers; returns its sequence number.

        `capture_time`: ns since 1970 UTC, default now, 0 unknown. `metadata`: bool, int, float, str or bytes by name,
        896 bytes in all. `area`: (x, y, source width, source height) in pixels, of a picture that is part of a larger
        one.
        """
        publisher = self._owner()
        sequence = publisher.publish_slot(self._slot, self._layout, capture_time, metadata, area)
        self._publisher = self._views = None
        return sequence

    def abandon(self) -> None:
        """Gives the slot back unused; does nothing after publishing."""
        publisher, self._publisher = self._publisher, None
        self._views = None
        if publisher is not None:
            publisher.abandon_slot(self._slot)

    def __enter__(self) -> "Loan":
        return self

    def __exit__(self, *_: object) -> None:
        self.abandon()

    def __del__(self) -> None:
        if getattr(self, "_publisher", None) is not None:
            self.abandon()
