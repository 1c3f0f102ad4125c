"""The other side acting in the middle of a step: at the fence, where the protocol says it may."""

import time
import unittest
from unittest import mock

from support import RingTest

import numpy as np

import framelane
from framelane import futex


def once_at_fence(module, action):
    """Runs `action` at the first full fence of a module."""
    todo = [action]

    def fence():
        futex.full_fence()
        if todo:
            todo.pop()()

    return mock.patch("framelane.%s.full_fence" % module, fence)


class Races(RingTest):
    def setUp(self):
        super().setUp()
        self.ring = framelane.publish("r", capacity=16, slots=3)
        self.addCleanup(self.ring.close)
        self.frames = framelane.subscribe("r", start="oldest")
        self.addCleanup(self.frames.close)

    def write(self, value):
        return self.ring.write(np.full((4, 4), value, np.uint8))

    def test_a_reader_that_pins_while_the_slot_is_taken_keeps_it(self):
        first = self.write(1)
        self.write(2)
        self.write(3)
        states, seat = self.ring._segment.states, self.frames._seat
        slot = next(slot for slot in range(3) if states[slot] >> 8 == first)

        def pin():
            seat._i[seat._pins] = slot + 1

        ticket = states[slot]
        with once_at_fence("slots", pin):
            loan = self.ring.loan("gray8", 4, 4)
        self.assertNotEqual(loan._slot, slot)
        self.assertEqual(states[slot], ticket)  # put back

    def test_a_held_slot_is_not_even_touched(self):
        self.write(1)
        with self.frames.take(1) as frame:
            self.write(2)
            seen = []
            with mock.patch("framelane.slots.full_fence", lambda: seen.append(self.ring._segment.states.tolist())):
                loans = [self.ring.loan("gray8", 4, 4) for _ in range(3)]
            self.assertEqual(sum(loan is not None for loan in loans), 1)
            self.assertTrue(seen)
            self.assertTrue(all(any(ticket >> 8 == frame.sequence for ticket in look) for look in seen))

    def test_a_frame_overwritten_while_it_is_pinned_is_not_taken(self):
        self.write(1)
        self.write(2)
        self.write(3)

        def overwrite():
            # A producer that looked before the pin was there: takes the slot, publishes another frame in it.
            with mock.patch.object(self.ring._slots, "_held", lambda *_: False):
                self.write(4)

        with once_at_fence("seat", overwrite), self.frames.take(1) as frame:
            self.assertEqual((frame.sequence, frame.array[0, 0]), (2, 2))
        self.assertEqual(len(self.frames._seat._free), 12)

    def test_a_newest_frame_overwritten_while_it_is_pinned_is_followed(self):
        self.write(1)
        with framelane.subscribe("r", mode="latest") as latest:

            def overwrite():
                with mock.patch.object(self.ring._slots, "_held", lambda *_: False):
                    for value in (2, 3, 4):
                        self.write(value)

            with once_at_fence("seat", overwrite), latest.take(1) as frame:
                self.assertEqual((frame.sequence, frame.array[0, 0]), (4, 4))

    def test_a_frame_published_between_looking_and_sleeping_ends_the_sleep(self):
        look = framelane.Subscriber._look

        def look_then_publish(frames, seat):
            found = look(frames, seat)
            if found is None:
                self.write(9)
            return found

        with mock.patch.object(framelane.Subscriber, "_look", look_then_publish):
            with mock.patch("framelane.subscriber._SLICE", 30.0):
                begun = time.monotonic()
                self.assertEqual(self.frames.take(10).sequence, 1)
                self.assertLess(time.monotonic() - begun, 5)

    def test_a_snapshot_of_a_frame_overwritten_meanwhile_is_made_again(self):
        self.write(1)
        todo = [2, 3, 4]

        def overwrite():
            while todo:
                self.write(todo.pop(0))

        with mock.patch("framelane.snapshots.order_fence", overwrite):
            frame = framelane.snapshot("r")
        self.assertEqual((frame.sequence, frame.array[0, 0]), (4, 4))


if __name__ == "__main__":
    unittest.main()
