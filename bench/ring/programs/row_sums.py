"""Reads a ring that `framelane pipe` made and sums every 16th pixel of each row of each frame; tells what it saw."""

import json
import time

import framelane
import numpy as np

frames, missed, total, began, last = 0, 0, 0, 0.0, 0
with framelane.subscribe() as ring:
    for frame in ring:
        sums = frame.array[:, ::16].sum(axis=(1, 2), dtype=np.uint64)
        total = (total + int(sums.sum())) & (2**64 - 1)
        began = began or time.monotonic()
        missed += frame.sequence - last - 1
        last = frame.sequence
        frames += 1
seconds = time.monotonic() - began
cpu = time.process_time()
print(json.dumps({"role": "reader", "frames": frames, "missed": missed, "seconds": seconds, "cpu": cpu, "sum": total}))
