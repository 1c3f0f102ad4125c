"""damage.mjs in Python: `python damage.py TEMPLATE STRIDE OFFSET`."""

import os
import sys
import traceback

import numpy as np

import framelane

with open(sys.argv[1], "rb") as template:
    WHOLE = template.read()
STRIDE, OFFSET = int(sys.argv[2]), int(sys.argv[3])
FILE = os.environ["FRAMELANE_SHM_DIR"] + "/framelane.d"
OPTIONS = dict(capacity=64, slots=3, readers=2, lossless=bool(WHOLE[0x44] & 1))
REGIONS = [(0, 0x110), (0x10000, 2 * 64), (0x20000, 0xC0), (0x20400, 0xC0), (0x20800, 0xC0)]


def put(data):
    with open(FILE, "wb") as file:
        file.write(data)


def flipped(data, at, bit):
    copy = bytearray(data)
    copy[at] ^= 1 << bit
    return bytes(copy)


def flip_file(at, bit):
    with open(FILE, "r+b", buffering=0) as file:
        file.seek(at)
        byte = file.read(1)[0] ^ (1 << bit)
        file.seek(at)
        file.write(bytes([byte]))


def attempt(action):
    try:
        return action()
    except framelane.FramelaneError:
        return None
    except Exception:
        print("BAD", traceback.format_exc().replace("\n", " | "))
        return None


def touch(frame):
    planes = getattr(frame, "planes", None) or [frame.array]
    for plane in planes:
        if plane.nbytes > 64:
            print("BAD a plane of %d bytes" % plane.nbytes)
        np.sum(plane, dtype=np.uint64)
    frame.metadata


def take_all(ring):
    for _ in range(6):
        frame = None
        try:
            frame = ring.take(0)
        except framelane.FrameInvalid:
            continue
        except framelane.FramelaneError:
            return
        except Exception:
            print("BAD", traceback.format_exc().replace("\n", " | "))
        if frame is None:
            return
        attempt(lambda: touch(frame))
        frame.release()


def publish_one(ring):
    loan = ring.loan("gray8", 8, 4, timeout=0)
    if loan is not None:
        loan.array[...] = 7
        loan.publish()


def read_it():
    frame = attempt(lambda: framelane.snapshot("d"))
    if frame is not None:
        attempt(lambda: touch(frame))
    for mode, start in (("every", "oldest"), ("latest", "newest")):
        ring = attempt(lambda: framelane.subscribe("d", mode=mode, start=start))
        if ring is not None:
            take_all(ring)
            attempt(ring.close)


def write_it():
    ring = attempt(lambda: framelane.publish("d", **OPTIONS))
    if ring is None:
        return
    reader = attempt(lambda: framelane.subscribe("d", start="oldest"))
    for _ in range(4):
        attempt(lambda: publish_one(ring))
    if reader is not None:
        take_all(reader)
        attempt(reader.close)
    attempt(ring.close)


def flip_live(at, bit):
    ring = framelane.publish("d", **OPTIONS)
    reader = framelane.subscribe("d", start="oldest")
    held = attempt(lambda: reader.take(0))
    flip_file(at, bit)
    for _ in range(4):
        attempt(lambda: publish_one(ring))
    take_all(reader)
    if held is not None:
        attempt(lambda: touch(held))
        attempt(held.release)
    for _ in range(4):
        attempt(lambda: publish_one(ring))
    attempt(reader.close)
    attempt(ring.close)


def chosen():
    bits = [(start + bit // 8, bit % 8) for start, size in REGIONS for bit in range(size * 8)]
    return bits[OFFSET::STRIDE]


tried = 0
for at, bit in chosen():
    print("at 0x%x bit %d" % (at, bit), flush=True)
    put(flipped(WHOLE, at, bit))
    read_it()
    put(flipped(WHOLE, at, bit))
    write_it()
    put(WHOLE)
    flip_live(at, bit)
    if os.path.exists(FILE):
        os.unlink(FILE)
    tried += 1
print("tried %d" % tried)
