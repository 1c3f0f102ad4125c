"""Pixel formats, and where the planes of a frame lie (docs/ring-layout.md, "Pixel formats")."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .errors import BadArgument, FrameInvalid

#: Largest width or height of a frame, in pixels.
MAX_SIDE = 65535


class PlaneShape(NamedTuple):
    """How one plane of a format is cut out of the picture."""

    #: Bytes of one group of `step_x` pixels across.
    bytes: int
    #: Pixels across that one group covers.
    step_x: int
    #: Picture rows that one row of the plane covers.
    step_y: int


class PixelFormat(NamedTuple):
    """What a pixel format looks like to code that only moves or views it."""

    name: str
    #: Number in the ring's slot header.
    code: int
    planes: Tuple[PlaneShape, ...]
    #: Interleaved components a pixel in plane 0.
    channels: int
    dtype: np.dtype


def _format(name: str, code: int, shapes: Sequence[Tuple[int, int, int]], channels: int) -> PixelFormat:
    dtype = np.dtype("<u2") if name.endswith("16le") else np.dtype("u1")
    return PixelFormat(name, code, tuple(PlaneShape(*shape) for shape in shapes), channels, dtype)


_BAYER = ("rggb", "bggr", "grbg", "gbrg")

#: Every pixel format by its name.
FORMATS: Dict[str, PixelFormat] = {
    made.name: made
    for made in [
        _format("gray8", 1, [(1, 1, 1)], 1),
        _format("gray16le", 2, [(2, 1, 1)], 1),
        _format("rgb24", 3, [(3, 1, 1)], 3),
        _format("bgr24", 4, [(3, 1, 1)], 3),
        _format("rgba32", 5, [(4, 1, 1)], 4),
        _format("bgra32", 6, [(4, 1, 1)], 4),
        _format("bgrx32", 7, [(4, 1, 1)], 4),
        _format("yuyv422", 8, [(4, 2, 1)], 2),
        _format("nv12", 9, [(1, 1, 1), (2, 2, 2)], 1),
        _format("i420", 10, [(1, 1, 1), (1, 2, 2), (1, 2, 2)], 1),
        *(_format("bayer_%s8" % order, 16 + i, [(1, 1, 1)], 1) for i, order in enumerate(_BAYER)),
        *(_format("bayer_%s16le" % order, 20 + i, [(2, 1, 1)], 1) for i, order in enumerate(_BAYER)),
    ]
}

_BY_CODE: Dict[int, PixelFormat] = {made.code: made for made in FORMATS.values()}


def format_named(name: str) -> PixelFormat:
    """The format of a name; raises BadArgument for a word that names none."""
    found = FORMATS.get(name)
    if found is None:
        raise BadArgument("unknown pixel format %r; known: %s" % (name, ", ".join(FORMATS)))
    return found


def format_numbered(code: int) -> PixelFormat:
    """The format a slot header's number stands for; raises FrameInvalid for a number that stands for none."""
    found = _BY_CODE.get(code)
    if found is None:
        raise FrameInvalid("the frame has pixel format %d, which this version does not know" % code)
    return found


class PlaneLayout(NamedTuple):
    """One plane as numpy wants to hear it."""

    #: Bytes from the start of the frame's memory to the plane's first row.
    offset: int
    #: Bytes from one row to the next.
    stride: int
    #: (rows, columns) or (rows, columns, channels).
    shape: Tuple[int, ...]
    #: Bytes to step along each axis.
    strides: Tuple[int, ...]


class FrameLayout(NamedTuple):
    """A frame's format, size and planes in one run of memory."""

    format: PixelFormat
    width: int
    height: int
    planes: Tuple[PlaneLayout, ...]
    #: Bytes from the first plane's start to the end of the last plane.
    payload: int

    def views(self, memory: Any, start: int) -> List[np.ndarray]:
        """One array a plane over `memory` (writable if the memory is), the frame beginning at byte `start`."""
        dtype = self.format.dtype
        return [np.ndarray(p.shape, dtype, memory, start + p.offset, p.strides) for p in self.planes]


def _rows_of(form: PixelFormat, index: int, width: int, height: int) -> Tuple[int, int]:
    """Bytes a row, and rows, of one plane."""
    shape = form.planes[index]
    return -(-width // shape.step_x) * shape.bytes, -(-height // shape.step_y)


def _plane(form: PixelFormat, index: int, row_bytes: int, rows: int, offset: int, stride: int) -> PlaneLayout:
    item = form.dtype.itemsize
    channels = form.planes[index].bytes if index > 0 else form.channels
    columns = row_bytes // (channels * item)
    if channels == 1:
        return PlaneLayout(offset, stride, (rows, columns), (stride, item))
    return PlaneLayout(offset, stride, (rows, columns, channels), (stride, channels * item, item))


def _check_size(width: int, height: int) -> None:
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise FrameInvalid("frame size %sx%s is outside 1x1..%dx%d" % (width, height, MAX_SIDE, MAX_SIDE))


def _check_stride(index: int, stride: int, row_bytes: int) -> None:
    if not row_bytes <= stride <= 0xFFFFFFFF:
        raise FrameInvalid("stride %s of plane %d is not at least the row's %d bytes" % (stride, index, row_bytes))


def frame_layout(form: PixelFormat, width: int, height: int, strides: Optional[Sequence[int]] = None) -> FrameLayout:
    """Where the planes of a new frame lie, one after another; `strides` in bytes, default: rows without padding."""
    _check_size(width, height)
    if strides is not None and len(strides) != len(form.planes):
        raise FrameInvalid("%s has %d planes, not %d strides" % (form.name, len(form.planes), len(strides)))
    planes = []
    offset = 0
    for index in range(len(form.planes)):
        row_bytes, rows = _rows_of(form, index, width, height)
        stride = row_bytes if strides is None else int(strides[index])
        _check_stride(index, stride, row_bytes)
        planes.append(_plane(form, index, row_bytes, rows, offset, stride))
        offset += stride * rows
    return FrameLayout(form, width, height, tuple(planes), offset)


def checked_layout(
    form: PixelFormat, width: int, height: int, payload: int, offsets: Sequence[int], strides: Sequence[int]
) -> FrameLayout:
    """The layout somebody else's slot header claims; raises FrameInvalid unless every row lies in the payload."""
    _check_size(width, height)
    planes = []
    for index in range(len(form.planes)):
        row_bytes, rows = _rows_of(form, index, width, height)
        offset, stride = offsets[index], strides[index]
        _check_stride(index, stride, row_bytes)
        if offset + (rows - 1) * stride + row_bytes > payload:
            raise FrameInvalid(
                "plane %d of %dx%d %s (offset %d, stride %d) ends beyond the payload of %d bytes"
                % (index, width, height, form.name, offset, stride, payload)
            )
        planes.append(_plane(form, index, row_bytes, rows, offset, stride))
    return FrameLayout(form, width, height, tuple(planes), payload)
