"""The image list: how Qt programs pass several QImages in one segment.

All numbers are i32 in host byte order, nothing is padded:

    count
    count times: sizeInBytes | width | height | QImage::Format | bytesPerLine | sizeInBytes bytes of pixels
"""

from __future__ import annotations

import struct
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .errors import BadArgument, Unsupported
from .formats import MAX_SIDE
from .qt_errors import QtDamaged, QtNoSpace

#: Most images of a list.
MAX_IMAGES = 65_536

#: The formats of QImage by their numbers, which are the same in Qt 5.15 and Qt 6.
IMAGE_FORMATS = (
    "Invalid", "Mono", "MonoLSB", "Indexed8", "RGB32", "ARGB32", "ARGB32_Premultiplied", "RGB16",
    "ARGB8565_Premultiplied", "RGB666", "ARGB6666_Premultiplied", "RGB555", "ARGB8555_Premultiplied", "RGB888",
    "RGB444", "ARGB4444_Premultiplied", "RGBX8888", "RGBA8888", "RGBA8888_Premultiplied", "BGR30",
    "A2BGR30_Premultiplied", "RGB30", "A2RGB30_Premultiplied", "Alpha8", "Grayscale8", "RGBX64", "RGBA64",
    "RGBA64_Premultiplied", "Grayscale16", "BGR888", "RGBX16FPx4", "RGBA16FPx4", "RGBA16FPx4_Premultiplied",
    "RGBX32FPx4", "RGBA32FPx4", "RGBA32FPx4_Premultiplied", "CMYK8888",
)  # fmt: skip

_COUNT = struct.Struct("=i")
_HEADER = struct.Struct("=5i")

_U1, _U2 = np.dtype("u1"), np.dtype("<u2")
#: Formats that are seen in place: channels and type of a component.
_SEEN = {
    "Indexed8": (1, _U1), "Alpha8": (1, _U1), "Grayscale8": (1, _U1), "Grayscale16": (1, _U2), "RGB888": (3, _U1),
    "BGR888": (3, _U1), "RGB32": (4, _U1), "ARGB32": (4, _U1), "ARGB32_Premultiplied": (4, _U1), "RGBX8888": (4, _U1),
    "RGBA8888": (4, _U1), "RGBA8888_Premultiplied": (4, _U1),
}  # fmt: skip
#: Formats with less than 8 bits a component: bytes a pixel, then (shift, bits) of red, green, blue, alpha. Pixels of two
#: bytes are in host order, of three bytes have the highest first.
_PACKED = {
    "RGB16": (2, ((11, 5), (5, 6), (0, 5))),
    "RGB555": (2, ((10, 5), (5, 5), (0, 5))),
    "RGB444": (2, ((8, 4), (4, 4), (0, 4))),
    "RGB666": (3, ((12, 6), (6, 6), (0, 6))),
    "ARGB8565_Premultiplied": (3, ((19, 5), (13, 6), (8, 5), (0, 8))),
    "ARGB8555_Premultiplied": (3, ((18, 5), (13, 5), (8, 5), (0, 8))),
    "ARGB6666_Premultiplied": (3, ((12, 6), (6, 6), (0, 6), (18, 6))),
    "ARGB4444_Premultiplied": (2, ((8, 4), (4, 4), (0, 4), (12, 4))),
}
_BITS = {"Mono": "big", "MonoLSB": "little"}


class Image(NamedTuple):
    """One image of a list."""

    #: [height, width] or [height, width, channels], channels in the order in which they lie in memory: B, G, R, A for
    #: RGB32 and ARGB32. A view of the segment; converted from formats with less than 8 bits a component.
    array: np.ndarray
    #: Name of its QImage::Format, without `Format_`.
    format: str


class _Listed(NamedTuple):
    """Where a checked image lies."""

    format: str
    width: int
    height: int
    stride: int
    offset: int


def read_images(segment: Any, subject: str = "image list") -> List[Image]:
    """The images of a list in a buffer; raises QtDamaged for numbers that cannot be, Unsupported for deep formats."""
    memory = memoryview(segment).cast("B")
    size = len(memory)
    count = _COUNT.unpack_from(memory)[0] if size >= 4 else -1
    if not 0 <= count <= min(MAX_IMAGES, (size - 4) // _HEADER.size):
        raise QtDamaged("%s: no image list: %d images in %d bytes" % (subject, count, size))
    images = []
    at = _COUNT.size
    for index in range(count):
        listed, at = _checked(memory, at, "%s: image %d at byte %d" % (subject, index, at))
        images.append(Image(_array(memory, listed), listed.format))
    return images


def _checked(memory: memoryview, at: int, what: str) -> Tuple[_Listed, int]:
    if len(memory) - at < _HEADER.size:
        raise QtDamaged("%s: its header ends beyond the segment" % what)
    size, width, height, code, stride = _HEADER.unpack_from(memory, at)
    offset = at + _HEADER.size
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise QtDamaged("%s: %dx%d pixels" % (what, width, height))
    if not 0 <= size <= len(memory) - offset:
        raise QtDamaged("%s: %d bytes of pixels, where the segment has %d left" % (what, size, len(memory) - offset))
    if not 1 <= code < len(IMAGE_FORMATS):
        raise QtDamaged("%s: QImage::Format %d is none" % (what, code))
    row = _row_bytes(IMAGE_FORMATS[code], width, what)
    if stride < row or stride * (height - 1) + row > size:
        raise QtDamaged("%s: %d rows of %d bytes at a stride of %d are no %d bytes" % (what, height, row, stride, size))
    return _Listed(IMAGE_FORMATS[code], width, height, stride, offset), offset + size


def _row_bytes(name: str, width: int, what: str) -> int:
    if name in _SEEN:
        channels, dtype = _SEEN[name]
        return width * channels * dtype.itemsize
    if name in _PACKED:
        return width * _PACKED[name][0]
    if name in _BITS:
        return (width + 7) // 8
    raise Unsupported("%s is Format_%s; let the Qt program convertToFormat(QImage::Format_RGBA8888)" % (what, name))


def _array(memory: memoryview, image: _Listed) -> np.ndarray:
    _, width, height, stride, offset = image
    if image.format in _SEEN:
        channels, dtype = _SEEN[image.format]
        item = dtype.itemsize
        if channels == 1:
            return np.ndarray((height, width), dtype, memory, offset, (stride, item))
        return np.ndarray((height, width, channels), dtype, memory, offset, (stride, channels * item, item))
    if image.format in _BITS:
        rows = np.ndarray((height, (width + 7) // 8), _U1, memory, offset, (stride, 1))
        return np.unpackbits(rows, axis=1, count=width, bitorder=_BITS[image.format]) * np.uint8(255)
    size, fields = _PACKED[image.format]
    pixels = np.ndarray((height, width, size), _U1, memory, offset, (stride, size, 1)).astype(np.uint32)
    low, high = (pixels[..., 0], pixels[..., 1]) if size == 2 else (pixels[..., 2], pixels[..., 1])
    whole = low | high << 8 if size == 2 else low | high << 8 | pixels[..., 0] << 16
    array = np.stack([_widened(whole, shift, bits) for shift, bits in fields], axis=2)
    if len(fields) == 4 and fields[3][1] == 8:  # colours are widened, alpha is not: none may exceed it
        array[..., :3] = np.minimum(array[..., :3], array[..., 3:])
    return array


def _widened(pixels: np.ndarray, shift: int, bits: int) -> np.ndarray:
    """A field as 8 bits: its bits again and again from the top, as Qt widens them."""
    value = pixels >> shift & (1 << bits) - 1
    return (value << 8 - bits | value >> max(0, 2 * bits - 8)).astype(np.uint8)


_DEFAULTS = {(1, "u1"): "Grayscale8", (1, "u2"): "Grayscale16", (3, "u1"): "RGB888", (4, "u1"): "RGBA8888"}


def _format_of(array: np.ndarray, name: Optional[str]) -> str:
    channels = 1 if array.ndim == 2 else array.shape[2] if array.ndim == 3 else 0
    found = name or _DEFAULTS.get((channels, array.dtype.str[1:]))
    if found not in _SEEN or _SEEN[found] != (channels, array.dtype):
        fits = ", ".join(key for key, value in _SEEN.items() if value == (channels, array.dtype)) or "no format"
        raise BadArgument("array %s %s as Format_%s: %s fits" % (array.shape, array.dtype, found, fits))
    return found


def _stride(array: np.ndarray) -> int:
    """QImage wants rows of whole 32-bit words."""
    return -(-int(np.prod(array.shape[1:])) * array.dtype.itemsize // 4) * 4


def list_bytes(arrays: Sequence[np.ndarray]) -> int:
    """Bytes of a list of such images."""
    return _COUNT.size + sum(_HEADER.size + _stride(array) * array.shape[0] for array in arrays)


def write_images(segment: Any, arrays: Sequence[np.ndarray], formats: Optional[Sequence[Optional[str]]] = None) -> int:
    """Writes arrays as an image list and returns its bytes. `formats`: names of QImage's, default by shape and type."""
    memory = memoryview(segment).cast("B")
    names = [_format_of(array, name) for array, name in zip(arrays, formats or [None] * len(arrays))]
    if len(arrays) > MAX_IMAGES or len(names) != len(arrays):
        raise BadArgument("%d images, %d formats; at most %d in a list" % (len(arrays), len(names), MAX_IMAGES))
    size = list_bytes(arrays)
    if size > len(memory):
        raise QtNoSpace("the list takes %d bytes, the segment has %d: make it larger" % (size, len(memory)))
    _COUNT.pack_into(memory, 0, len(arrays))
    at = _COUNT.size
    for array, name in zip(arrays, names):
        stride, height, width = _stride(array), array.shape[0], array.shape[1]
        _HEADER.pack_into(memory, at, stride * height, width, height, IMAGE_FORMATS.index(name), stride)
        at += _HEADER.size
        strides = (stride, array.itemsize) if array.ndim == 2 else (stride, array.shape[2] * array.itemsize, array.itemsize)
        np.ndarray(array.shape, array.dtype, memory, at, strides)[...] = array
        at += stride * height
    return size
