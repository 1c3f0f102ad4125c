"""Publishes a moving pattern, drawn straight into shared memory.

python3 publish.py cam 640x480 25
"""

import sys
import time

import framelane

name, size, fps = (sys.argv[1:] + ["cam", "640x480", "25"][len(sys.argv) - 1 :])[:3]
width, height = map(int, size.split("x"))

with framelane.publish(name) as ring:
    print("publishing %dx%d as %s, Ctrl-C ends" % (width, height, name))
    number = 0
    try:
        while True:
            loan = ring.loan("rgb24", width, height)
            if loan is not None:  # None: every slot is held by readers, so this frame is dropped
                loan.array[...] = 32
                loan.array[:, number % width] = (255, 128, 0)
                loan.array[number % height] = (0, 128, 255)
                loan.publish(metadata={"number": number})
            number += 1
            time.sleep(1 / float(fps))
    except KeyboardInterrupt:
        print("%d frames, %d dropped" % (number, ring.dropped))
