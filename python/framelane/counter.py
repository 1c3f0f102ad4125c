"""The counter pattern of ``test:``: frames whose bytes prove their number and that they are whole.

Count a frame's bytes plane after plane, row after row, without padding, from 0 to B - 1::

    bytes 0..7          the frame's number, u64 little-endian (only its first B bytes, if B < 8)
    bytes B-8..B-1      the number once more, if B >= 16
    every other byte i  T[(i + p) mod L], where p = (number mod L) * 7919 mod L

L = 65521 and T is a fixed table, all arithmetic in 32 bits without sign::

    x = k * 0x9E3779B1;  x ^= x >> 15;  x *= 0x85EBCA77;  x ^= x >> 13;  T[k] = x & 255

``python3 -m framelane.counter`` reads the ring of ``FRAMELANE_RING``, checks every byte of every frame, and prints one
JSON line each half second and one at the end. Its exit code is 1 when a frame was damaged.
"""

import json
import os
import sys
import time

import numpy as np

from . import subscribe

PERIOD = 65521
STEP_PER_FRAME = 7919
_NUMBER_BYTES = 8


def _make_table():
    x = np.arange(PERIOD, dtype=np.uint32) * np.uint32(0x9E3779B1)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x85EBCA77)
    x ^= x >> np.uint32(13)
    return (x & np.uint32(255)).astype(np.uint8)


_TABLE = np.concatenate([_make_table()] * 2)
#: Many periods in one piece, so that a frame is compared in few steps.
_LONG = np.tile(_TABLE[:PERIOD], 17)
_LONG_STEP = 16 * PERIOD


def _phase(number):
    return (number % PERIOD) * STEP_PER_FRAME % PERIOD


def counter_bytes(number, size):
    """The ``size`` bytes (uint8 array) of a frame of that number, without padding."""
    phase = _phase(number)
    expected = np.resize(_TABLE[phase:phase + PERIOD], size)
    stamp = np.frombuffer(int(number).to_bytes(_NUMBER_BYTES, 'little'), np.uint8)
    expected[:_NUMBER_BYTES] = stamp[:size]
    if size >= 2 * _NUMBER_BYTES:
        expected[-_NUMBER_BYTES:] = stamp
    return expected


def verify_counter_bytes(data):
    """Check a frame's bytes (array or buffer of bytes, without padding); return its number, raise ValueError."""
    data = np.asarray(data).view(np.uint8).reshape(-1)
    size = data.size
    number = int.from_bytes(data[:_NUMBER_BYTES].tobytes(), 'little')
    if size < 64:
        return _verify_small(data, number)
    body = data[_NUMBER_BYTES:-_NUMBER_BYTES]
    start = (_phase(number) + _NUMBER_BYTES) % PERIOD
    pattern = _LONG[start:start + _LONG_STEP]
    for at in range(0, body.size, _LONG_STEP):
        piece = body[at:at + _LONG_STEP]
        if not np.array_equal(piece, pattern[:piece.size]):
            wrong = int(np.argmax(piece != pattern[:piece.size]))
            raise _foreign(number, _NUMBER_BYTES + at + wrong)
    if int.from_bytes(data[-_NUMBER_BYTES:].tobytes(), 'little') != number:
        raise _foreign(number, size - _NUMBER_BYTES)
    return number


def _verify_small(data, number):
    wrong = np.flatnonzero(data != counter_bytes(number, data.size))
    if wrong.size:
        raise _foreign(number, int(wrong[0]))
    return number


def _foreign(number, offset):
    return ValueError(
        'not a whole frame of the counter pattern: it says number %d, but byte %d does not belong to it'
        % (number, offset))


def verify_counter_frame(frame):
    """Check every byte of a frame of a ring; return its number, raise ValueError."""
    planes = [plane.view(np.uint8).reshape(-1) if plane.flags.c_contiguous else plane.copy().view(np.uint8).reshape(-1)
              for plane in frame.planes]  # fmt: skip
    return verify_counter_bytes(planes[0] if len(planes) == 1 else np.concatenate(planes))


class _Tally:
    """Counts what was read and prints it as JSON."""

    def __init__(self, out):
        self._out = out
        self._printed = time.monotonic()
        self._latencies = []
        self.frames = 0
        self.damaged = 0

    def take(self, frame, arrived):
        self.frames += 1
        # A bounded sample: the newest ten thousand.
        if len(self._latencies) >= 10000:
            del self._latencies[:5000]
        self._latencies.append(arrived - frame.publish_time)
        try:
            verify_counter_frame(frame)
        except ValueError as error:
            self.damaged += 1
            print("frame %d: %s" % (frame.sequence, error), file=sys.stderr)

    def show(self, missed, done):
        if not done and time.monotonic() - self._printed < 0.5:
            return
        self._printed = time.monotonic()
        p50 = round(float(np.median(self._latencies)) / 1000, 1) if self._latencies else None
        line = {"reader": "python", "frames": self.frames, "verified": self.frames - self.damaged, "missed": missed,
                "latency_us_p50": p50, "done": done}  # fmt: skip
        print(json.dumps(line), file=self._out, flush=True)


def main():
    """Read and check the ring of FRAMELANE_RING or of the first argument."""
    tally = _Tally(sys.stdout)
    name = sys.argv[1] if len(sys.argv) > 1 else os.environ["FRAMELANE_RING"]
    with subscribe(name, wait=10.0, takeover=2.0) as frames:
        for frame in frames:
            tally.take(frame, time.monotonic_ns())
            tally.show(frames.missed, False)
        tally.show(frames.missed, True)
    return 1 if tally.damaged else 0


if __name__ == "__main__":
    sys.exit(main())
