"""Offsets and sizes of layout version 1, as docs/ring-layout.md has them, and the checks of a header."""

from __future__ import annotations

import os
import re
import struct
from typing import NamedTuple

from .errors import BadArgument, RingDamaged, RingName, RingVersion

MAGIC = struct.unpack("<Q", b"FRMLANE1")[0]
VERSION_MAJOR = 1
VERSION = VERSION_MAJOR << 16
REGION = 65536
HEADER_BYTES = REGION
READER_BYTES = 64
SLOT_BYTES = 1024
PINS = 12
MAX_READERS = 1024
MAX_SLOTS = 255
FLAG_LOSSLESS = 1

# 64-bit words of the header, by index (offset / 8).
Q_CREATED = 0x60 // 8
Q_LATEST = 0x80 // 8
Q_DROPPED = 0x88 // 8
Q_EPOCH = 0x90 // 8
# 32-bit words of the header, by index (offset / 4).
I_PID = 0x98 // 4
I_NOTIFY = 0xC0 // 4
I_STATE = 0xC4 // 4
I_HIGH_WATER = 0xC8 // 4
I_ADVANCE = 0x100 // 4
I_WAITING = 0x104 // 4

STATE_LIVE, STATE_CLOSED, STATE_REPLACED = 1, 2, 3
#: Bit 32 of a reader's owner word: it holds frames back.
OWNER_LOSSLESS = 1 << 32

#: Locked byte ranges: (start, length).
PRODUCER_RANGE = (0x80, 0x40)
ATTACH_RANGE = (0xC0, 0x40)

#: The header from magic to creation time.
HEADER = struct.Struct("<QIIQQIIIIQQIIQQQQ")
#: A slot's header from seq (0x08) to publish time (0x60); STATE lies before it, metadata at 0x80.
SLOT = struct.Struct("<QQQ6IQQ2I4IQ")
SLOT_FIELDS_AT = 8
SLOT_METADATA_AT = 0x80

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


def ring_path(name: str) -> str:
    """The file of a ring; raises RingName for what is no ring's name."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise RingName("%r is not a ring's name: use 1 to 64 of A-Z a-z 0-9 . _ -" % (name,))
    return os.path.join(os.environ.get("FRAMELANE_SHM_DIR") or "/dev/shm", "framelane." + name)


def _up(size: int) -> int:
    return -(-size // REGION) * REGION


class Geometry(NamedTuple):
    """What a ring's header says once and for all. Bytes and counts."""

    total: int
    slots: int
    readers: int
    reader_table: int
    slot_headers: int
    flags: int
    data: int
    data_stride: int
    capacity: int

    @property
    def lossless(self) -> bool:
        """Whether the ring's producer waits for its readers."""
        return bool(self.flags & FLAG_LOSSLESS)


def _count(what: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadArgument("%s must be a whole number in %d..%d, not %r" % (what, low, high, value))


def new_geometry(capacity: int, slots: int, readers: int, lossless: bool) -> Geometry:
    """The geometry of a ring to be made."""
    _count("capacity", capacity, 1, 1 << 40)
    _count("slots", slots, 2, MAX_SLOTS)
    _count("readers", readers, 1, MAX_READERS)
    slot_headers = HEADER_BYTES + _up(readers * READER_BYTES)
    data = slot_headers + _up(slots * SLOT_BYTES)
    stride = _up(capacity)
    flags = FLAG_LOSSLESS if lossless else 0
    return Geometry(data + slots * stride, slots, readers, HEADER_BYTES, slot_headers, flags, data, stride, capacity)


def pack_header(geometry: Geometry, nonce: int, created: int) -> bytes:
    """The header of a new segment, without its magic, which is stored last."""
    g = geometry
    return HEADER.pack(
        0, VERSION, HEADER_BYTES, g.total, nonce, g.slots, g.readers, PINS, READER_BYTES, g.reader_table,
        g.slot_headers, SLOT_BYTES, g.flags, g.data, g.data_stride, g.capacity, created,
    )  # fmt: skip


def _require(sane: bool, path: str, what: str) -> None:
    if not sane:
        raise RingDamaged("%s is not a sound ring: %s; remove it (framelane rm) and publish anew" % (path, what))


def read_header(encoded: bytes, size: int, path: str) -> Geometry:
    """The geometry that a header claims, checked against itself and the size of the file."""
    _require(len(encoded) >= HEADER.size, path, "it is shorter than a header")
    (magic, version, header_bytes, total, nonce, slots, readers, pins, reader_bytes, reader_table, slot_headers,
     slot_bytes, flags, data, data_stride, capacity, _created) = HEADER.unpack_from(encoded)  # fmt: skip
    _require(magic == MAGIC, path, "it does not begin with FRMLANE1")
    if version >> 16 != VERSION_MAJOR:
        raise RingVersion(
            "%s has layout version %d.%d, this is Framelane for version %d; use one version on both sides"
            % (path, version >> 16, version & 0xFFFF, VERSION_MAJOR)
        )
    _require(header_bytes == HEADER_BYTES, path, "header bytes")
    _require(total == size, path, "it should have %d bytes and has %d" % (total, size))
    _require(nonce != 0, path, "no instance nonce")
    _require(2 <= slots <= MAX_SLOTS and 1 <= readers <= MAX_READERS, path, "numbers of slots and readers")
    _require((pins, reader_bytes, slot_bytes) == (PINS, READER_BYTES, SLOT_BYTES), path, "sizes of entries")
    _require(flags & ~FLAG_LOSSLESS == 0, path, "unknown flags")
    regions = (reader_table, slot_headers, data, data_stride)
    _require(all(region % REGION == 0 for region in regions), path, "regions do not start on 64 KiB")
    _require(header_bytes <= reader_table, path, "place of the reader table")
    _require(reader_table + readers * READER_BYTES <= slot_headers, path, "place of the slot headers")
    _require(slot_headers + slots * SLOT_BYTES <= data, path, "place of the pixels")
    _require(1 <= capacity <= data_stride and data + slots * data_stride <= total, path, "room for the pixels")
    return Geometry(total, slots, readers, reader_table, slot_headers, flags, data, data_stride, capacity)
