"""What the Python programs of the ring benchmark have in common; see rounds.mjs."""

import json
import sys
import time

#: The plan of the coordinator: what to send, how often, over what.
plan = json.loads(sys.argv[1])


def tell(role, **facts):
    """Tells the coordinator something."""
    sys.stdout.write(json.dumps({"role": role, **facts}) + "\n")
    sys.stdout.flush()


def produce(send):
    """Sends the plan's frames, one each interval, for every line on standard input."""
    tell("producer", ready=True)
    for _ in iter(sys.stdin.readline, ""):
        before = time.process_time()
        for _ in range(plan["frames"]):
            time.sleep(plan["intervalMs"] / 1000)
            send()
        tell("producer", cpu=time.process_time() - before)


class Latencies:
    """Collects the latencies of a round, and tells them after its last frame."""

    def __init__(self):
        self._us = []
        self._cpu = time.process_time()

    def add(self, ns):
        """A frame took so long."""
        self._us.append(ns / 1000)

    def tell(self):
        """Ends the round."""
        tell("consumer", us=self._us, cpu=time.process_time() - self._cpu)
        self._us = []
        self._cpu = time.process_time()

    def tell_when_full(self):
        """Ends the round if it has all its frames: for transports that lose none."""
        if len(self._us) == plan["frames"]:
            self.tell()
