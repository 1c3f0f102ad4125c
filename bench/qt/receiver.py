"""The Python side of `npm run bench -- qt`: KEY RING PIPE. Each line of standard input names a way; answers with the time
at which ten numpy arrays were there (ns of the monotonic clock), and a sum over their pixels."""

import io
import json
import struct
import sys
import time

import cv2
import numpy

import framelane
import framelane.qt

IMAGES = 10
PNG = b"\x89PNG\r\n\x1a\n"


def decoded(png):
    return cv2.imdecode(numpy.frombuffer(png, numpy.uint8), cv2.IMREAD_COLOR)


def png_length(data, at):
    """Bytes of a PNG, from chunk to chunk: QDataStream does not say them."""
    start = at
    assert bytes(data[at : at + 8]) == PNG
    at += 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        at += 12 + length
        if kind == b"IEND":
            return at - start


def data_stream(memory):
    """QVector<QImage>: how many, then for each 1 and a PNG."""
    data, arrays, at = memory.data, [], 4
    for _ in range(struct.unpack_from(">I", data)[0]):
        length = png_length(data, at + 4)
        arrays.append(decoded(data[at + 4 : at + 4 + length]))
        at += 4 + length
    return arrays


def png(memory):
    data, arrays, at = memory.data, [], 0
    for _ in range(IMAGES):
        (length,) = struct.unpack_from("=i", data, at)
        arrays.append(decoded(data[at + 4 : at + 4 + length]))
        at += 4 + length
    return arrays


def image_list(memory):
    return [image.array for image in memory.images()]


WAYS = {"qdatastream": data_stream, "png": png, "list": image_list}


def from_memory(memory, pipe, way):
    pipe.read(1)
    with memory.lock():
        arrays = WAYS[way](memory)
        assert all(array[0, 0, 0] >= 0 for array in arrays)
        return time.monotonic_ns(), seen(arrays)


def from_ring(ring):
    frames = [ring.take() for _ in range(IMAGES)]
    arrays = [frame.array for frame in frames]
    assert all(array[0, 0, 0] >= 0 for array in arrays)
    ended = time.monotonic_ns()
    total = seen(arrays)
    for frame in frames:
        frame.release()
    return ended, total


def seen(arrays):
    """A sum that every way must agree on: some pixels of each, weighted by their image."""
    return sum(int(array[::37, ::41, :3].sum()) * (k + 1) for k, array in enumerate(arrays)) if len(arrays) == IMAGES else 0


def main(key, ring_name, pipe_name):
    ring = framelane.subscribe(ring_name, wait=60)
    memory = framelane.qt.attach(key, wait=60)
    pipe = io.FileIO(pipe_name)
    versions = {"python": sys.version.split()[0], "numpy": numpy.__version__, "cv2": cv2.__version__}
    print(json.dumps(versions), flush=True)
    for line in sys.stdin:
        way = line.strip()
        ended, total = from_ring(ring) if way in ("ring", "canvas") else from_memory(memory, pipe, way)
        print(ended, total, flush=True)


main(*sys.argv[1:])
