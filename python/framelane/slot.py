"""A slot's header: copied out of shared memory first, then checked, then believed."""

from __future__ import annotations

from typing import Dict, Tuple

from .errors import FrameInvalid
from .formats import FrameLayout, checked_layout, format_numbered
from .layout import SLOT, SLOT_BYTES, SLOT_FIELDS_AT, SLOT_METADATA_AT
from .metadata import METADATA_LIMIT, Metadata, decode_metadata
from .segment import Segment

_REMEMBERED = 64


class SlotReader:
    """Reads slot headers of one segment. Remembers layouts, since frames of a stream mostly look alike."""

    def __init__(self, segment: Segment) -> None:
        self._control = segment.control
        self._first = segment.geometry.slot_headers
        self._capacity = segment.geometry.capacity
        self._layouts: Dict[tuple, FrameLayout] = {}

    def read(self, slot: int, sequence: int) -> Tuple[tuple, FrameLayout, Metadata]:
        """Fields (seq, capture time, ..., area, publish time), layout and metadata; raises FrameInvalid."""
        at = self._first + slot * SLOT_BYTES
        fields = SLOT.unpack_from(self._control, at + SLOT_FIELDS_AT)
        if fields[0] != sequence:
            raise FrameInvalid("slot %d holds frame %d and says %d" % (slot, sequence, fields[0]), sequence=sequence)
        key = fields[2:8] + fields[9:13]
        layout = self._layouts.get(key) or self._check(key)
        metadata_bytes = fields[8]
        if metadata_bytes == 0:
            return fields, layout, {}
        if metadata_bytes > METADATA_LIMIT:
            raise FrameInvalid("frame %d has %d bytes of metadata" % (sequence, metadata_bytes), sequence=sequence)
        start = at + SLOT_METADATA_AT
        return fields, layout, decode_metadata(self._control[start : start + metadata_bytes])

    def _check(self, key: tuple) -> FrameLayout:
        payload, width, height, stride, code, planes, offset_1, offset_2, stride_1, stride_2 = key
        form = format_numbered(code)
        if planes != len(form.planes):
            raise FrameInvalid("%s has %d planes, not %d" % (form.name, len(form.planes), planes))
        if payload > self._capacity:
            raise FrameInvalid("a payload of %d bytes in slots of %d" % (payload, self._capacity))
        layout = checked_layout(form, width, height, payload, (0, offset_1, offset_2), (stride, stride_1, stride_2))
        if len(self._layouts) >= _REMEMBERED:
            self._layouts.clear()
        self._layouts[key] = layout
        return layout
