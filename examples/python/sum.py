"""Prints the number and the sum of each frame.

framelane pipe file:clip.mp4 shm:cam --lossless -- python3 sum.py
python3 sum.py cam
"""

import sys

import framelane

with framelane.subscribe(sys.argv[1] if len(sys.argv) > 1 else None) as frames:
    for frame in frames:
        print(frame.sequence, sum(int(plane.sum(dtype="u8")) for plane in frame.planes), flush=True)
