"""Python to Python over multiprocessing.shared_memory: one copy in, a semaphore, a view."""

import multiprocessing
import time
from multiprocessing.shared_memory import SharedMemory

import numpy as np
from rounds import Latencies, plan, produce, tell


def consume(name, filled, emptied):
    """The child: looks at the first pixel of each frame."""
    block = SharedMemory(name)
    view = np.ndarray(plan["bytes"], np.uint8, block.buf)
    latencies = Latencies()
    tell("consumer", ready=True)
    while filled.acquire():
        sent_at = int(view[:8].view(np.uint64)[0])
        latencies.add(time.monotonic_ns() - sent_at)
        emptied.release()
        latencies.tell_when_full()


def main():
    """The parent: copies a frame into the block."""
    block = SharedMemory(plan["block"], create=True, size=plan["bytes"])
    view = np.ndarray(plan["bytes"], np.uint8, block.buf)
    frame = np.ones(plan["bytes"], np.uint8)
    filled, emptied = multiprocessing.Semaphore(0), multiprocessing.Semaphore(1)
    multiprocessing.Process(target=consume, args=(block.name, filled, emptied), daemon=True).start()

    def send():
        emptied.acquire()
        frame[:8].view(np.uint64)[0] = time.monotonic_ns()
        view[:] = frame
        filled.release()

    try:
        produce(send)
    finally:
        block.unlink()


main()
