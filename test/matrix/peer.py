"""The Python side of the language matrix: `peer.py produce RING CASES CAPACITY` or `peer.py read RING`."""

import json
import struct
import sys

import numpy as np

import framelane

BOOL, INT, FLOAT, TEXT, BYTES = range(1, 6)


def numbers(field):
    return None if field == "-" else [int(word) for word in field.split(",")]


def value_of(kind, text):
    if kind == BOOL:
        return text == "1"
    if kind == INT:
        return int(text)
    if kind == FLOAT:
        return struct.unpack(">d", bytes.fromhex(text))[0]
    return bytes.fromhex(text).decode() if kind == TEXT else bytes.fromhex(text)


def metadata_of(field):
    entries = [] if field == "-" else [entry.split(":") for entry in field.split(";")]
    return {bytes.fromhex(key).decode(): value_of(int(kind), text) for key, kind, text in entries}


def text_of(value):
    if isinstance(value, bool):
        return "%d:%d" % (BOOL, value)
    if isinstance(value, int):
        return "%d:%d" % (INT, value)
    if isinstance(value, float):
        return "%d:%s" % (FLOAT, struct.pack(">d", value).hex())
    return "%d:%s" % (TEXT, value.encode().hex()) if isinstance(value, str) else "%d:%s" % (BYTES, value.hex())


def field_of(metadata):
    return ";".join("%s:%s" % (key.encode().hex(), text_of(value)) for key, value in metadata.items()) or "-"


def paint(plane, index, seed):
    """Writes the bytes that belong there; case.h has the rule."""
    row_bytes = plane[0].size * plane.itemsize
    rows, columns = np.arange(len(plane))[:, None], np.arange(row_bytes)[None, :]
    pattern = seed * 167 + index * 59 + rows * 31 + columns * 7 + (rows * columns >> 3)
    plane[...] = (pattern & 255).astype(np.uint8).view(plane.dtype).reshape(plane.shape)


def plane_sum(plane):
    """FNV-1a over the bytes of the rows that carry pixels."""
    total = 0x811C9DC5
    for byte in plane.tobytes():
        total = (total ^ byte) * 0x01000193 & 0xFFFFFFFF
    return total


def say(word):
    print(word, flush=True)


def produce(name, path, capacity):
    with framelane.publish(name, capacity=capacity, slots=16, lossless=True) as ring:
        say("open")
        sys.stdin.readline()
        with open(path) as cases:
            for line in cases:
                form, width, height, strides, capture_time, area, seed, metadata = line.split()
                loan = ring.loan(form, int(width), int(height), strides=numbers(strides), timeout=20)
                for index, plane in enumerate(loan.planes):
                    paint(plane, index, int(seed))
                loan.publish(int(capture_time), metadata_of(metadata), numbers(area))
        say("done")
        sys.stdin.readline()


def read(name):
    ring = framelane.subscribe(name, lossless=True, wait=20)
    say("attached")
    with ring:
        for frame in ring:
            seen = {
                "format": frame.format,
                "width": frame.width,
                "height": frame.height,
                "sequence": frame.sequence,
                "captureTime": str(frame.capture_time),
                "area": "-" if frame.area is None else ",".join(map(str, frame.area)),
                "strides": [plane.strides[0] for plane in frame.planes],
                "sums": [plane_sum(plane) for plane in frame.planes],
                "metadata": field_of(frame.metadata),
            }
            say(json.dumps(seen))
        say(json.dumps({"missed": ring.missed}))


if sys.argv[1] == "produce":
    produce(sys.argv[2], sys.argv[3], int(sys.argv[4]))
else:
    read(sys.argv[2])
