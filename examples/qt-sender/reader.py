"""Takes the lists that qt-sender sends: reader.py RING. Each image is a numpy array over the shared memory."""

import sys

import framelane

images = []
for frame in framelane.subscribe(sys.argv[1] if len(sys.argv) > 1 else "qt", wait=20):
    images.append(frame.keep())  # ours until it is released
    if len(images) == frame.metadata["qt.count"]:
        means = " ".join("%.1f" % image.array.mean() for image in images)
        print(len(images), images[0].array.shape, images[0].metadata["qt.format"], "means", means)
        for image in images:
            image.release()
        images = []
