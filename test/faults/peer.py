"""peer.cc in Python: `python peer.py produce|every|latest RING LOSSLESS`."""

import random
import sys
import time

import framelane

role, name, lossless = sys.argv[1], sys.argv[2], sys.argv[3] == "1"
count = 0


def bad(words):
    print("BAD", words, flush=True)
    raise SystemExit(9)


def counted():
    global count
    count += 1
    if count % 50 == 0:
        print("n 50", flush=True)


def patiently(open_ring, *errors):
    while True:
        try:
            return open_ring()
        except errors:
            time.sleep(0.001)


def produce():
    options = dict(capacity=64 * 48, slots=6, readers=8, lossless=lossless)
    ring = patiently(lambda: framelane.publish(name, **options), framelane.RingBusy)
    while True:
        loan = ring.loan("gray8", 64, 48)
        if loan is not None:
            now = time.time_ns()
            pixels = loan.array.reshape(-1)
            pixels[8:] = now % 251
            pixels[:8] = bytearray(now.to_bytes(8, "little"))
            loan.publish(capture_time=now)
            counted()
        time.sleep(random.random() * 0.0005)


def whole(frame):
    pixels = frame.array.reshape(-1)
    number = int.from_bytes(pixels[:8].tobytes(), "little")
    return number == frame.capture_time and bool((pixels[8:] == number % 251).all())


def read():
    ring = patiently(lambda: framelane.subscribe(name, mode=role), framelane.RingNotFound, framelane.RingFull)
    last = 0
    for frame in ring:
        if frame.sequence <= last:
            bad("frame %d after %d" % (frame.sequence, last))
        if lossless and role == "every" and ring.missed > 0:
            bad("missed %d before %d" % (ring.missed, frame.sequence))
        last = frame.sequence
        if not whole(frame):
            bad("frame %d is torn" % last)
        if random.random() < 0.1:
            time.sleep(0.001)
        if not whole(frame):
            bad("frame %d changed while it was held" % last)
        counted()


try:
    produce() if role == "produce" else read()
except framelane.FramelaneError as error:
    bad("%s: %s" % (error.code, error))
