"""Shows a live camera: with matplotlib in a window, without it as text.

framelane pipe tine://HOST[:OFFSET]/EQM/DEVICE/PROPERTY shm:cam1 -- python3 display.py
"""

import sys
import time

import framelane

try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None

#: Seconds between two pictures; the frames in between are skipped.
EVERY = 0.1


def brightest(frame):
    """The largest sample value there can be: 4095 for 12 bits in 16, or such a picture would be black."""
    bits = frame.metadata.get("effectiveBits")
    if frame.format == "gray16le":
        return 2 ** (bits or 16) - 1
    return 255


def pixels_of(frame):
    """A copy, red first: matplotlib keeps what it is given, longer than the loop keeps the frame."""
    return frame.copy()[..., [2, 1, 0]] if frame.format in ("bgr24", "bgra32") else frame.copy()


def caption(frame):
    camera = frame.metadata.get("tine.cameraPortName", frame.format)
    height, width = frame.array.shape[:2]
    return "%s %d: %dx%d, levels %d..%d of %d" % (
        camera, frame.metadata.get("tine.frameNumber", frame.sequence), width, height,
        frame.array.min(), frame.array.max(), brightest(frame),
    )  # fmt: skip


class Window:
    """A matplotlib window; a file, display.png, where there is no screen."""

    def __init__(self):
        self.image = None
        self.on_screen = plt.get_backend().lower() != "agg"
        plt.ion()

    def show(self, frame):
        pixels = pixels_of(frame)
        if self.image is None or self.image.get_array().shape != pixels.shape:
            plt.clf()
            self.image = plt.imshow(pixels, cmap="gray")
        self.image.set_data(pixels)
        self.image.set_clim(0, brightest(frame))  # each time: the camera may change its depth
        plt.title(caption(frame))
        if self.on_screen:
            plt.pause(0.001)
        else:
            plt.savefig("display.png")
            print(caption(frame), "in display.png", flush=True)
        return not self.on_screen or bool(plt.get_fignums())  # False: the window was closed


class Text:
    """Gray levels as characters."""

    LEVELS = " .:-=+*#%@"

    def __init__(self):
        print("no matplotlib (pip install matplotlib): showing text instead", flush=True)

    def show(self, frame):
        gray = frame.array if frame.array.ndim == 2 else frame.array[..., :3].mean(axis=2)
        height, width = gray.shape
        step = max(1, width // 64)
        small = gray[:: 2 * step, ::step]  # a character is about twice as high as wide
        steps = (small * (len(self.LEVELS) / (brightest(frame) + 1.0))).astype(int)
        print(caption(frame))
        print("\n".join("".join(self.LEVELS[level] for level in row) for row in steps), flush=True)
        return True


def main(name):
    screen = Text() if plt is None else Window()
    with framelane.subscribe(name, mode="latest", wait=10) as frames:
        for frame in frames:
            if not screen.show(frame):
                break
            time.sleep(EVERY)


try:
    main(sys.argv[1] if len(sys.argv) > 1 else None)
except KeyboardInterrupt:
    pass  # Ctrl-C is how it ends
except framelane.FramelaneError as error:
    sys.exit("display.py: %s" % error)
