"""The header of TINE images (CF_IMAGE): 188 bytes, little-endian, packed. Field by field: docs/tine.md."""

from __future__ import annotations

import struct
from typing import Any, Dict

from .errors import _Coded

HEADER_BYTES = 188
BASE_TAG = 0x33565356  # "VSV3"

GRAY, RGB24, RGBA32, JPEG, PNG = 0, 1, 2, 5, 13
FORMAT_NAMES = (
    "GRAY", "RGB24", "RGBA32", "RGB15", "RGB16", "JPEG", "TIFF", "YUV411", "YUV422", "YUV444", "HUFFYUV", "BMP", "BAYER",
    "PNG", "BASE64",
)  # fmt: skip
LITTLE_ENDIAN, LOSSLESS, HORIZONTAL_FLIP, VERTICAL_FLIP = 1, 2, 4, 8

FIELDS = (
    "baseTag", "cameraPortId", "versionTag", "totalLength", "timestampSeconds", "timestampMicroseconds", "cameraPortName",
    "sourceWidth", "sourceHeight", "aoiWidth", "aoiHeight", "xStart", "yStart", "bytesPerPixel", "effectiveBitsPerPixel",
    "horizontalBinning", "verticalBinning", "sourceFormat", "imageFormat", "frameNumber", "eventNumber", "xScale", "yScale",
    "imageRotation", "fspare1", "fspare2", "fspare3", "imageFlags", "ispare1", "ispare2", "ispare3", "appendedFrameSize",
)  # fmt: skip

#: Offsets in the header, for error messages.
OFFSETS = dict(zip(FIELDS, [*range(0, 24, 4), 24, *range(88, 188, 4)]))

_layout = struct.Struct("<5Ii64s12i2I6f5i")


class TineInvalid(_Coded, ValueError):
    """The bytes are no TINE image, or its header makes no sense; `details["offset"]` is the byte."""

    _code = "TINE_INVALID"


class Truncated(_Coded, ValueError):
    """The image ends before its header says it does."""

    _code = "TRUNCATED"


def decode_header(image: Any) -> Dict[str, Any]:
    """The fields of the header at the start of `image` (bytes, bytearray, memoryview, array), by name.

    The camera's name is text up to its first NUL, each byte one Latin-1 character. Raises Truncated or TineInvalid.
    """
    view = memoryview(image).cast("B")
    if len(view) < HEADER_BYTES:
        raise Truncated(
            "a TINE image starts with %d bytes of header; the input ends at byte %d" % (HEADER_BYTES, len(view)),
            offset=len(view),
        )
    fields = dict(zip(FIELDS, _layout.unpack_from(view)))
    if fields["baseTag"] != BASE_TAG:
        raise TineInvalid("no TINE image: it starts with 0x%08x, not with VSV3" % fields["baseTag"], offset=0)
    fields["cameraPortName"] = fields["cameraPortName"].split(b"\0", 1)[0].decode("latin-1")
    return fields
