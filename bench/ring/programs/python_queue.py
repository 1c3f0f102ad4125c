"""Python to Python over multiprocessing.Queue: pickled through a pipe."""

import multiprocessing
import time

import numpy as np
from rounds import Latencies, plan, produce, tell


def consume(queue):
    """The child: looks at the first pixel of each frame."""
    latencies = Latencies()
    tell("consumer", ready=True)
    while True:
        frame = queue.get()
        latencies.add(time.monotonic_ns() - int(frame[:8].view(np.uint64)[0]))
        latencies.tell_when_full()


def main():
    """The parent: puts frames."""
    queue = multiprocessing.Queue()
    multiprocessing.Process(target=consume, args=(queue,), daemon=True).start()
    frame = np.ones(plan["bytes"], np.uint8)

    def send():
        frame[:8].view(np.uint64)[0] = time.monotonic_ns()
        queue.put(frame)

    produce(send)


main()
