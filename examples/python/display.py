"""Shows a ring's newest frame with matplotlib (pip install matplotlib).

python3 display.py cam
"""

import sys

import matplotlib.pyplot as plt

import framelane

image = None
with framelane.subscribe(sys.argv[1] if len(sys.argv) > 1 else None, mode="latest") as frames:
    for frame in frames:
        pixels = frame.copy()  # matplotlib keeps what it is given, longer than the loop keeps the frame
        if image is None:
            image = plt.imshow(pixels, cmap="gray")
        image.set_data(pixels)
        plt.title("frame %d, %d missed" % (frame.sequence, frames.missed))
        plt.pause(0.001)
        if not plt.get_fignums():
            break
