"""User metadata of a frame, as bytes in a slot's header (docs/ring-layout.md, "Metadata").

    u8 type · u8 key bytes (1..255) · u16 value bytes · key (UTF-8) · value

Types: 1 bool · 2 i64 · 3 f64 · 4 UTF-8 text · 5 bytes; little-endian, no padding between entries.
"""

from __future__ import annotations

import struct
from typing import Dict, Mapping, Tuple, Union

import numpy as np

from .errors import BadArgument, FrameInvalid, MetadataTooLarge

MetadataValue = Union[bool, int, float, str, bytes]
Metadata = Dict[str, MetadataValue]

#: Most bytes of metadata a frame has room for.
METADATA_LIMIT = 896

_BOOL, _INT, _FLOAT, _TEXT, _BYTES = 1, 2, 3, 4, 5
_ENTRY = struct.Struct("<BBH")
_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")


def _encode_int(key: str, value: int) -> bytes:
    if not -(1 << 63) <= value < 1 << 63:
        raise BadArgument("metadata %r: %d does not fit 64 bits" % (key, value))
    return _I64.pack(value)


def _encode_text(key: str, text: str) -> bytes:
    try:
        encoded = text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadArgument("metadata %r: text with lone surrogates is not UTF-8" % key) from None
    if b"\0" in encoded:
        raise BadArgument("metadata %r: text cannot hold NUL; use bytes" % key)
    return encoded


def _encode_value(key: str, value: object) -> Tuple[int, bytes]:
    if isinstance(value, (bool, np.bool_)):
        return _BOOL, b"\1" if value else b"\0"
    if isinstance(value, (int, np.integer)):
        return _INT, _encode_int(key, int(value))
    if isinstance(value, (float, np.floating)):
        return _FLOAT, _F64.pack(float(value))
    if isinstance(value, str):
        return _TEXT, _encode_text(key, value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _BYTES, bytes(value)
    raise BadArgument("metadata %r is neither bool, int, float, str nor bytes" % key)


def _encode_key(key: object) -> bytes:
    if not isinstance(key, str):
        raise BadArgument("metadata key %r must be text" % (key,))
    encoded = _encode_text("key", key)
    if not 1 <= len(encoded) <= 255:
        raise BadArgument("metadata key %r must take 1..255 bytes" % key)
    return encoded


def encode_metadata(metadata: Mapping[str, MetadataValue], limit: int = METADATA_LIMIT) -> bytes:
    """Metadata as bytes; raises MetadataTooLarge when they are more than `limit`."""
    parts = []
    room = limit
    for key, value in metadata.items():
        name = _encode_key(key)
        kind, content = _encode_value(key, value)
        room -= _ENTRY.size + len(name) + len(content)
        if room < 0:
            raise MetadataTooLarge("metadata takes more than the %d bytes there are room for; shorten it" % limit)
        parts += (_ENTRY.pack(kind, len(name), len(content)), name, content)
    return b"".join(parts)


def _damaged(offset: int, what: str) -> FrameInvalid:
    return FrameInvalid("metadata is damaged at byte %d: %s" % (offset, what), offset=offset)


def _decode_text(content: bytes, at: int) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise _damaged(at, "text that is not UTF-8") from None


def _decode_value(kind: int, content: bytes, at: int) -> MetadataValue:
    if kind == _TEXT:
        return _decode_text(content, at)
    if kind == _BYTES:
        return content
    if kind not in (_BOOL, _INT, _FLOAT):
        raise _damaged(at, "unknown type %d" % kind)
    if len(content) != (1 if kind == _BOOL else 8):
        raise _damaged(at, "a value of type %d in %d bytes" % (kind, len(content)))
    if kind == _BOOL:
        return content != b"\0"
    return (_I64 if kind == _INT else _F64).unpack(content)[0]


def decode_metadata(encoded: bytes) -> Metadata:
    """Metadata from bytes; raises FrameInvalid with the offset when they are damaged."""
    metadata: Metadata = {}
    offset = 0
    while offset < len(encoded):
        if offset + _ENTRY.size > len(encoded):
            raise _damaged(offset, "an entry is cut off")
        kind, key_bytes, value_bytes = _ENTRY.unpack_from(encoded, offset)
        key_at = offset + _ENTRY.size
        value_at = key_at + key_bytes
        end = value_at + value_bytes
        if key_bytes == 0 or end > len(encoded):
            raise _damaged(offset, "an entry is cut off")
        key = _decode_text(encoded[key_at:value_at], key_at)
        metadata[key] = _decode_value(kind, encoded[value_at:end], offset)
        offset = end
    return metadata
