"""Subscribing: modes, where to start, waiting, ends."""

import os
import threading
import time
import unittest

from support import RingTest

import numpy as np

import framelane

PIXELS = np.zeros((4, 4), np.uint8)


class Modes(RingTest):
    def publish(self, ring, count):
        for _ in range(count):
            ring.write(PIXELS)

    def test_every_frame_comes_in_order(self):
        with framelane.publish("m", capacity=16) as ring, framelane.subscribe("m") as frames:
            for burst in (1, 3, 5, 2):
                self.publish(ring, burst)
                for _ in range(burst):
                    frames.take(1).release()
            self.assertEqual((frames._last, frames.missed), (11, 0))

    def test_every_counts_what_was_overwritten(self):
        with framelane.publish("m", capacity=16, slots=4) as ring, framelane.subscribe("m") as frames:
            self.publish(ring, 1)
            frames.take(1).release()
            self.publish(ring, 10)
            sequences = []
            while frames._last < 11:
                with frames.take(1) as frame:
                    sequences.append(frame.sequence)
            self.assertEqual(sequences, [8, 9, 10, 11])
            self.assertEqual(frames.missed, 6)

    def test_latest_skips_to_the_newest(self):
        with framelane.publish("m", capacity=16) as ring, framelane.subscribe("m", mode="latest") as frames:
            for newest in (3, 6, 9):
                self.publish(ring, 3)
                with frames.take(1) as frame:
                    self.assertEqual(frame.sequence, newest)
                with self.assertRaises(framelane.TimedOut):
                    frames.take(0)

    def test_start_is_the_newest_or_the_oldest_frame(self):
        with framelane.publish("m", capacity=16, slots=4) as ring:
            self.publish(ring, 6)
            for start, first in ((None, 6), ("newest", 6), ("oldest", 3)):
                with framelane.subscribe("m", start=start) as frames, frames.take(1) as frame:
                    self.assertEqual(frame.sequence, first)
                    self.assertEqual(frames.missed, 0)

    def test_a_lossless_ring_is_read_from_its_oldest_frame_without_loss(self):
        with framelane.publish("m", capacity=16, lossless=True) as ring:
            self.publish(ring, 3)
            with framelane.subscribe("m") as frames, frames.take(1) as frame:
                self.assertTrue(frames.lossless)
                self.assertEqual(frame.sequence, 1)

    def test_lossless_on_a_lossy_ring_is_refused(self):
        with framelane.publish("m", capacity=16), self.assertRaises(framelane.RingLossy):
            framelane.subscribe("m", lossless=True)

    def test_wrong_words_are_named(self):
        with self.assertRaisesRegex(framelane.BadArgument, "newst"):
            framelane.subscribe("m", mode="newst")
        with self.assertRaisesRegex(framelane.BadArgument, "first"):
            framelane.subscribe("m", start="first")


class Waiting(RingTest):
    def test_no_ring_is_an_error_at_once(self):
        begun = time.monotonic()
        with self.assertRaisesRegex(framelane.RingNotFound, "nobody"):
            framelane.subscribe("nobody")
        self.assertLess(time.monotonic() - begun, 1)

    def test_wait_waits_for_the_ring(self):
        rings = []
        timer = threading.Timer(0.15, lambda: rings.append(framelane.publish("late", capacity=16)))
        timer.start()
        frames = framelane.subscribe("late", wait=10)
        timer.join()
        frames.close()
        rings[0].close()

    def test_the_name_comes_from_the_environment(self):
        os.environ["FRAMELANE_RING"] = "env"
        with framelane.publish("env") as ring:
            ring.write(PIXELS)
            with framelane.subscribe() as frames:
                self.assertEqual(frames.name, "env")
                self.assertEqual(frames.take(1).sequence, 1)

    def test_without_name_and_environment_it_says_so(self):
        with self.assertRaisesRegex(framelane.BadArgument, "FRAMELANE_RING"):
            framelane.subscribe()

    def test_take_gives_up_after_its_time(self):
        with framelane.publish("quiet", capacity=16), framelane.subscribe("quiet") as frames:
            begun = time.monotonic()
            with self.assertRaises(framelane.TimedOut):
                frames.take(0.2)
            self.assertTrue(0.15 < time.monotonic() - begun < 2)

    def test_waiting_costs_no_processor_time(self):
        with framelane.publish("idle", capacity=16), framelane.subscribe("idle") as frames:
            begun = time.process_time()
            with self.assertRaises(framelane.TimedOut):
                frames.take(1.0)
            self.assertLess(time.process_time() - begun, 0.05)

    def test_a_sleeping_reader_is_woken_by_a_frame(self):
        with framelane.publish("wake", capacity=16) as ring, framelane.subscribe("wake") as frames:
            timer = threading.Timer(0.05, lambda: ring.write(PIXELS))
            timer.start()
            begun = time.monotonic()
            frames.take(5).release()
            timer.join()
            self.assertLess(time.monotonic() - begun, 0.45)  # less than one slice of sleep


class Ending(RingTest):
    def test_readers_take_what_is_left_and_end(self):
        ring = framelane.publish("e", capacity=16)
        with framelane.subscribe("e") as every, framelane.subscribe("e", mode="latest") as latest:
            for _ in range(5):
                ring.write(PIXELS)
            ring.close()
            self.assertEqual([frame.sequence for frame in every], [1, 2, 3, 4, 5])
            self.assertEqual([frame.sequence for frame in latest], [5])
            self.assertIsNone(every.take(0))
            self.assertTrue(every.ended)
        self.assertEqual(self.rings(), [])

    def test_closing_wakes_a_sleeping_reader(self):
        ring = framelane.publish("e", capacity=16)
        with framelane.subscribe("e") as frames:
            timer = threading.Timer(0.05, ring.close)
            timer.start()
            begun = time.monotonic()
            self.assertEqual(list(frames), [])
            self.assertLess(time.monotonic() - begun, 0.45)
            timer.join()

    def test_follow_goes_on_with_the_next_ring_of_that_name(self):
        ring = framelane.publish("e")
        ring.write(np.full((2, 2), 1, np.uint8))
        with framelane.subscribe("e", follow=True) as frames:
            with next(frames) as frame:
                self.assertEqual(frame.array[0, 0], 1)
            ring.close()
            with self.assertRaises(framelane.TimedOut):
                frames.take(0.05)
            with framelane.publish("e") as again:
                again.write(np.full((9, 9), 2, np.uint8))
                again.write(np.full((9, 9), 3, np.uint8))
                self.assertEqual([frames.take(2).array[0, 0] for _ in range(2)], [2, 3])
                self.assertEqual(frames.missed, 0)

    def test_many_readers_and_one_too_many(self):
        with framelane.publish("e", capacity=16, readers=64) as ring:
            readers = [framelane.subscribe("e") for _ in range(64)]
            with self.assertRaises(framelane.RingFull):
                framelane.subscribe("e")
            ring.write(PIXELS)
            self.assertEqual([reader.take(1).sequence for reader in readers], [1] * 64)
            readers.pop().close()
            framelane.subscribe("e").close()
            for reader in readers:
                reader.close()

    def test_names_are_checked(self):
        for name in ("", "a/b", "..\0", "x" * 65, "é", "a b", "a\n", None, 5):
            with self.subTest(name=name), self.assertRaises((framelane.RingName, framelane.BadArgument)):
                framelane.subscribe(name)
        for name in ("a", "A-z_0.9", "x" * 64):
            framelane.publish(name, capacity=16).close()


if __name__ == "__main__":
    unittest.main()
