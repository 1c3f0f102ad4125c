"""JPEG and PNG inside TINE images, decoded with cv2 or Pillow, whichever is there."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Callable, Optional, Tuple, Union

import numpy as np

from .errors import BadArgument, _Coded

#: Most pixels of a JPEG or PNG unless the caller says otherwise: 8192 x 8192.
MAX_PIXELS = 64 * 1024 * 1024

#: Decodes the bytes of a picture: (height, width) or (height, width, channels) in the order R, G, B.
Decoder = Callable[[memoryview], np.ndarray]


class NotDecoded(_Coded):
    """The image's encoding is not read, or its decoder is not installed."""

    _code = "NOT_DECODED"


class JpegInvalid(_Coded, ValueError):
    """The JPEG (or PNG) is damaged or cut off."""

    _code = "JPEG_INVALID"


class LimitExceeded(_Coded, ValueError):
    """The picture has more pixels than are allowed."""

    _code = "LIMIT_EXCEEDED"


def decode_picture(data: memoryview, is_jpeg: bool, decoder: Union[str, Decoder, None], max_pixels: int) -> np.ndarray:
    """A JPEG or PNG as an array, gray or R, G, B. Its header is checked before anything decodes it."""
    width, height = _jpeg_size(data) if is_jpeg else _png_size(data)
    if width * height > max_pixels:
        raise LimitExceeded("a picture of %d x %d has more than %d pixels" % (width, height, max_pixels))
    array = _decoder(decoder)(data)
    if array.shape[:2] != (height, width):
        raise JpegInvalid("the decoder made %s of a picture of %d x %d" % (array.shape, width, height))
    return array


def _decoder(choice: Union[str, Decoder, None]) -> Decoder:
    if callable(choice):
        return choice
    known = {"cv2": _with_cv2, "pillow": _with_pillow}
    if choice is not None and choice not in known:
        raise BadArgument('jpeg=%r is neither "cv2", "pillow" nor a function' % (choice,))
    for name in known if choice is None else (choice,):
        if _is_there("cv2" if name == "cv2" else "PIL.Image"):
            return known[name]
    raise NotDecoded("JPEG and PNG need %s: install it, or hand in a decoder (jpeg=function)" % (choice or "cv2 or Pillow"))


def _is_there(module: str) -> bool:
    try:
        __import__(module)
    except ImportError:
        return False
    return True


def _with_cv2(data: memoryview) -> np.ndarray:
    import cv2

    array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None:
        raise JpegInvalid("the picture of %d bytes is damaged" % len(data))
    if array.ndim == 3:  # cv2 knows only B, G, R
        cv2.cvtColor(array, cv2.COLOR_BGR2RGB if array.shape[2] == 3 else cv2.COLOR_BGRA2RGBA, dst=array)
    return array


def _with_pillow(data: memoryview) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(BytesIO(data)) as picture:
            if picture.mode not in ("L", "RGB", "RGBA", "I", "I;16"):
                raise NotDecoded("pictures of mode %s are not read" % picture.mode)
            array = np.array(picture)
            return array.astype(np.uint16) if picture.mode == "I" else array  # "I" is 16-bit gray in 32
    except (OSError, SyntaxError, ValueError) as error:
        raise JpegInvalid("the picture of %d bytes is damaged: %s" % (len(data), error)) from error


def _jpeg_size(data: memoryview) -> Tuple[int, int]:
    """Walks to the start of frame and looks for the end: decoders fill in gray for what is cut off."""
    if bytes(data[:2]) != b"\xff\xd8":
        raise JpegInvalid("no JPEG: it does not start with ff d8", offset=0)
    size: Optional[Tuple[int, int]] = None
    at = 2
    while True:
        if at + 4 > len(data) or data[at] != 0xFF:
            raise JpegInvalid("the JPEG makes no sense or is cut off at byte %d" % at, offset=at)
        marker = data[at + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD7:  # fill bytes and markers that stand alone
            at += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            size = _frame_size(data, at)
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == 0xDA:
            break
    if size is None or bytes(data[at:]).rfind(b"\xff\xd9") < 0:
        raise JpegInvalid("the JPEG of %d bytes is cut off: no end marker" % len(data), offset=len(data))
    return size


def _frame_size(data: memoryview, at: int) -> Tuple[int, int]:
    if at + 10 > len(data):
        raise JpegInvalid("the JPEG is cut off at byte %d" % len(data), offset=len(data))
    bits, height, width, components = struct.unpack_from(">BHHB", data, at + 4)
    if bits != 8 or components not in (1, 3) or not width or not height:
        raise JpegInvalid("a JPEG of %d bits, %d components, %d x %d" % (bits, components, width, height), offset=at)
    return width, height


def _png_size(data: memoryview) -> Tuple[int, int]:
    if bytes(data[:8]) != b"\x89PNG\r\n\x1a\n" or len(data) < 33 or bytes(data[12:16]) != b"IHDR":
        raise JpegInvalid("no PNG: it does not start as one", offset=0)
    if bytes(data[-8:-4]) != b"IEND":
        raise JpegInvalid("the PNG of %d bytes is cut off" % len(data), offset=len(data))
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


