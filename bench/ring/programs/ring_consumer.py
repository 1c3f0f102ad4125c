"""Takes frames out of a ring and looks at their first pixel: Python's half of a ring under test."""

import time

import framelane
from rounds import Latencies, plan, tell

ring = framelane.subscribe(plan["ring"], wait=10)
latencies = Latencies()
tell("consumer", ready=True)
for frame in ring:
    pixels = frame.array
    first = pixels[0, 0, 0]
    latencies.add(time.monotonic_ns() - frame.capture_time)
    if first != frame.sequence & 0xFF or pixels[-1, -1, -1] != first:
        raise SystemExit("frame %d is torn" % frame.sequence)
    since_warm_up = frame.sequence - plan["warmUp"]
    if since_warm_up >= 0 and since_warm_up % plan["frames"] == 0:
        latencies.tell()
