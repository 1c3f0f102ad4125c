"""TINE camera images as numpy arrays, from the bytes of an image or from what `PyTine.get` returns.

    import PyTine, framelane.tine
    array = framelane.tine.tonumpy(PyTine.get(address="/TEST/Server/CAM0", property="Frame"))

Needs numpy; JPEG and PNG need cv2 or Pillow as well. Uses nothing of the ring.
"""

from __future__ import annotations

import warnings
from typing import Any, Dict, Mapping, Tuple, Union

import numpy as np

from .errors import BadArgument
from .tine_codecs import MAX_PIXELS, Decoder, JpegInvalid, LimitExceeded, NotDecoded, decode_picture
from .tine_header import (
    FORMAT_NAMES,
    GRAY,
    HEADER_BYTES,
    JPEG,
    LITTLE_ENDIAN,
    OFFSETS,
    PNG,
    RGB24,
    RGBA32,
    TineInvalid,
    Truncated,
    decode_header,
)

__all__ = ["JpegInvalid", "LimitExceeded", "NotDecoded", "TineInvalid", "TineWarning", "Truncated", "decode_header", "tonumpy"]

_RAW_BYTES = {GRAY: (1, 2), RGB24: (3,), RGBA32: (4,)}


class TineWarning(UserWarning):
    """Something is wrong with an image and does not keep it from being read."""


def tonumpy(
    image: Any,
    bgr: bool = False,
    strict: bool = False,
    jpeg: Union[str, Decoder, None] = None,
    max_pixels: int = MAX_PIXELS,
) -> np.ndarray:
    """A TINE image as an array: (height, width) or (height, width, channels), native byte order, channels R, G, B (, A).

    image: bytes, bytearray or memoryview of header and pixels; or what PyTine.get returns for one, whole or its "data".
    bgr: the server sends RGB24 as B, G, R; the array comes as R, G, B all the same.
    strict: raise TineInvalid where the default is a TineWarning.
    jpeg: what decodes JPEG and PNG: "cv2", "pillow", a function, or None for the first that is installed.
    max_pixels: of a JPEG or PNG; more raises LimitExceeded.

    Raw pixels come as a read-only view of the bytes, without a copy; big-endian 16-bit gray is copied.
    Raises TineInvalid, Truncated, NotDecoded, JpegInvalid or LimitExceeded.
    """
    if isinstance(image, np.ndarray) and image.ndim > 1:
        return _native(image)
    if isinstance(image, Mapping):
        data = image.get("data", image)
        if isinstance(data, np.ndarray):
            return tonumpy(data)
        if not isinstance(data, Mapping):
            raise BadArgument("no PyTine image: its data is a %s" % type(data).__name__)
        if data.get("imageMatrix") is not None:
            return _matrix(data["imageMatrix"])
        header, pixels = _from_dictionary(data)
    else:
        header, pixels = _from_bytes(image, strict)
    return _decode(header, pixels, bgr, strict, jpeg, max_pixels)


def _from_bytes(image: Any, strict: bool) -> Tuple[Dict[str, Any], memoryview]:
    try:
        view = memoryview(image).cast("B")
    except TypeError as error:
        raise BadArgument("no TINE image: a %s" % type(image).__name__) from error
    header = decode_header(view)
    size = header["appendedFrameSize"]
    if size < -1:
        raise _invalid("appendedFrameSize", "is %d" % size)
    size = max(0, size)
    if header["versionTag"] != 1:
        _doubt(strict, "versionTag", "is %d, not 1" % header["versionTag"])
    if header["totalLength"] != HEADER_BYTES + size and (size or header["totalLength"]):
        _doubt(strict, "totalLength", "is %d, the image %d" % (header["totalLength"], HEADER_BYTES + size))
    if HEADER_BYTES + size > len(view):
        raise Truncated(
            "TINE image ends at byte %d; its header announces %d" % (len(view), HEADER_BYTES + size), offset=len(view)
        )
    return header, view[HEADER_BYTES : HEADER_BYTES + size]


def _from_dictionary(data: Mapping[str, Any]) -> Tuple[Dict[str, Any], memoryview]:
    """Header fields that are missing are guessed; the pixels are all the bytes there are."""
    fields, pixels = data.get("frameHeader"), data.get("imageBytes")
    if not isinstance(fields, Mapping) or pixels is None:
        raise BadArgument("no PyTine image: neither imageMatrix nor frameHeader with imageBytes")
    try:
        view = memoryview(pixels).cast("B")
    except TypeError as error:
        raise BadArgument("PyTine's imageBytes are a %s" % type(pixels).__name__) from error
    header: Dict[str, Any] = {"aoiWidth": -1, "aoiHeight": -1, "xStart": 0, "yStart": 0, "sourceWidth": 0, "sourceHeight": 0}
    header.update(effectiveBitsPerPixel=0, imageFlags=LITTLE_ENDIAN, bytesPerPixel=0)
    for name, value in fields.items():
        if name in OFFSETS and name != "cameraPortName":
            header[name] = _number(name, value)
    header.setdefault("imageFormat", _guess(header["bytesPerPixel"], view))
    return header, view


_FLOATS = ("xScale", "yScale", "imageRotation", "fspare1", "fspare2", "fspare3")


def _number(name: str, value: Any) -> Any:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if whole or name in _FLOATS and isinstance(value, (float, np.floating)):
        return value
    raise BadArgument("PyTine's frameHeader[%r] is %r" % (name, value))


def _guess(bytes_per_pixel: int, view: memoryview) -> int:
    if bytes(view[:3]) == b"\xff\xd8\xff":
        return JPEG
    if bytes(view[:4]) == b"\x89PNG":
        return PNG
    return {3: RGB24, 4: RGBA32}.get(bytes_per_pixel, GRAY)


def _decode(
    header: Mapping[str, Any],
    pixels: memoryview,
    bgr: bool,
    strict: bool,
    jpeg: Union[str, Decoder, None],
    max_pixels: int,
) -> np.ndarray:
    _check_area(header)
    image_format = header["imageFormat"]
    if image_format in _RAW_BYTES:
        return _raw(header, pixels, bgr, strict)
    if image_format not in (JPEG, PNG):
        name = FORMAT_NAMES[image_format] if 0 <= image_format < len(FORMAT_NAMES) else "unknown"
        raise NotDecoded("TINE image in format %d (%s) is not decoded" % (image_format, name), offset=132)
    array = _native(decode_picture(pixels, image_format == JPEG, jpeg, max_pixels))
    announced, real = _size(header), array.shape[1::-1]
    if announced != real:  # a server may send the picture of an error text instead
        _doubt(strict, "sourceWidth", "or area: the picture is %d x %d, not %d x %d" % (*real, *announced))
    return array


def _size(header: Mapping[str, Any]) -> Tuple[int, int]:
    if header["aoiWidth"] > 0 and header["aoiHeight"] > 0:
        return header["aoiWidth"], header["aoiHeight"]
    return header["sourceWidth"], header["sourceHeight"]


def _check_area(header: Mapping[str, Any]) -> None:
    if header["aoiWidth"] <= 0 or header["aoiHeight"] <= 0:
        return
    for start, length, source in (("xStart", "aoiWidth", "sourceWidth"), ("yStart", "aoiHeight", "sourceHeight")):
        if header[start] < 0:
            raise _invalid(start, "is %d" % header[start])
        if 0 < header[source] < header[start] + header[length]:
            raise _invalid(length, "from %d on does not fit the source's %d" % (header[start], header[source]))


def _raw(header: Mapping[str, Any], pixels: memoryview, bgr: bool, strict: bool) -> np.ndarray:
    per_pixel, bits = header["bytesPerPixel"], header["effectiveBitsPerPixel"]
    if per_pixel not in _RAW_BYTES[header["imageFormat"]]:
        raise _invalid("bytesPerPixel", "is %d, which %s has not" % (per_pixel, FORMAT_NAMES[header["imageFormat"]]))
    if not -1 <= bits <= 8 * per_pixel:
        raise _invalid("effectiveBitsPerPixel", "is %d, with %d bytes a pixel" % (bits, per_pixel))
    width, height = _size(header)
    if not 1 <= width <= 65535 or not 1 <= height <= 65535:
        raise _invalid("sourceWidth", "or area: a size of %d x %d" % (width, height))
    needed = width * height * per_pixel
    if len(pixels) < needed:
        raise _invalid("appendedFrameSize", "is %d; the pixels take %d bytes" % (len(pixels), needed))
    if len(pixels) > needed:
        _doubt(strict, "appendedFrameSize", "is %d; the pixels take only %d bytes" % (len(pixels), needed))
    if header["imageFormat"] == GRAY:
        return _gray(pixels[:needed], width, height, per_pixel, header["imageFlags"])
    return _colour(pixels[:needed], width, height, per_pixel, bgr)


def _gray(pixels: memoryview, width: int, height: int, per_pixel: int, flags: int) -> np.ndarray:
    dtype = "u1" if per_pixel == 1 else "<u2" if flags & LITTLE_ENDIAN else ">u2"
    return _native(_read_only(pixels, dtype).reshape(height, width))


def _colour(pixels: memoryview, width: int, height: int, per_pixel: int, bgr: bool) -> np.ndarray:
    array = _read_only(pixels, "u1").reshape(height, width, per_pixel)
    if not bgr:
        return array
    return array[..., ::-1] if per_pixel == 3 else array[..., [2, 1, 0, 3]]


def _read_only(pixels: memoryview, dtype: str) -> np.ndarray:
    array = np.frombuffer(pixels, dtype)
    array.flags.writeable = False
    return array


def _matrix(matrix: Any) -> np.ndarray:
    array = _native(np.asarray(matrix))
    if array.ndim not in (2, 3):
        raise BadArgument("PyTine's imageMatrix has the shape %s" % (array.shape,))
    return array


def _native(array: np.ndarray) -> np.ndarray:
    """The array itself, or a copy in the machine's byte order."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _invalid(field: str, what: str) -> TineInvalid:
    return TineInvalid("TINE image, byte %d: %s %s" % (OFFSETS[field], field, what), offset=OFFSETS[field])


def _doubt(strict: bool, field: str, what: str) -> None:
    if strict:
        raise _invalid(field, what)
    warnings.warn("TINE image, byte %d: %s %s" % (OFFSETS[field], field, what), TineWarning, stacklevel=4)
