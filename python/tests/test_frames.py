"""Frames: every format comes out as it went in, and borrowed pixels are given back once."""

import gc
import time
import unittest

from support import RingTest

import numpy as np

import framelane
from framelane.formats import FORMATS, frame_layout

SIZES = [(1, 1), (2, 2), (3, 5), (7, 4), (64, 3), (65, 33)]


def fill(planes, seed):
    """Random pixels into planes; returns owned copies of them."""
    random = np.random.default_rng(seed)
    for plane in planes:
        plane[...] = random.integers(0, 1 << (8 * plane.dtype.itemsize), plane.shape, dtype=plane.dtype)
    return [plane.copy() for plane in planes]


class EveryFormat(RingTest):
    def check(self, padding):
        with framelane.publish("all", capacity=1 << 16) as ring, framelane.subscribe("all") as frames:
            for number, (name, (width, height)) in enumerate((f, s) for f in FORMATS for s in SIZES):
                with self.subTest(format=name, width=width, height=height, padding=padding):
                    packed = frame_layout(FORMATS[name], width, height)
                    strides = [plane.stride + padding for plane in packed.planes]
                    loan = ring.loan(name, width, height, strides=strides)
                    sent = fill(loan.planes, number)
                    loan.publish()
                    with frames.take(1) as frame:
                        self.assertEqual((frame.format, frame.width, frame.height), (name, width, height))
                        self.assertEqual(frame.stride, strides[0])
                        self.assertEqual(len(frame.planes), len(sent))
                        for got, wanted in zip(frame.planes, sent):
                            self.assertEqual(got.dtype, wanted.dtype)
                            np.testing.assert_array_equal(got, wanted)

    def test_comes_out_as_it_went_in(self):
        self.check(padding=0)

    def test_comes_out_with_padded_rows(self):
        self.check(padding=6)

    def test_comes_out_with_odd_strides_even_for_16_bit(self):
        self.check(padding=3)

    def test_write_copies_any_strided_array(self):
        source = np.arange(40 * 30 * 3, dtype=np.uint8).reshape(40, 30, 3)[::2, ::-3]
        with framelane.publish("copy") as ring:
            ring.write(source)
            with framelane.subscribe("copy") as frames, frames.take(1) as frame:
                np.testing.assert_array_equal(frame.array, source)

    def test_shapes_are_height_width_channels(self):
        wanted = {"gray8": (3, 5), "rgb24": (3, 5, 3), "bgra32": (3, 5, 4), "yuyv422": (3, 6, 2), "gray16le": (3, 5)}
        with framelane.publish("shapes", capacity=4096) as ring, framelane.subscribe("shapes") as frames:
            for name, shape in wanted.items():
                ring.loan(name, 5, 3).publish()
                with frames.take(1) as frame:
                    self.assertEqual(frame.array.shape, shape)
                    self.assertEqual(frame.array.dtype, FORMATS[name].dtype)

    def test_planar_formats_have_planes_and_no_array(self):
        with framelane.publish("planar", capacity=4096) as ring, framelane.subscribe("planar") as frames:
            for name, chroma in (("nv12", [(2, 3, 2)]), ("i420", [(2, 3), (2, 3)])):
                ring.loan(name, 5, 3).publish()
                with frames.take(1) as frame:
                    self.assertEqual([plane.shape for plane in frame.planes], [(3, 5), *chroma])
                    self.assertEqual([plane.shape for plane in frame.copy()], [(3, 5), *chroma])
                    with self.assertRaisesRegex(framelane.Unsupported, "planes"):
                        frame.array

    def test_odd_yuyv_is_written_with_its_width(self):
        pixels = np.arange(2 * 6 * 2, dtype=np.uint8).reshape(2, 6, 2)
        with framelane.publish("odd") as ring:
            ring.write(pixels, format="yuyv422", width=5)
            with framelane.subscribe("odd") as frames, frames.take(1) as frame:
                self.assertEqual(frame.width, 5)
                np.testing.assert_array_equal(frame.array, pixels)


class Facts(RingTest):
    def test_travel_with_the_frame(self):
        extra = {"on": True, "n": -5, "x": 1.5, "who": "Gerät", "raw": b"\0\xff"}
        with framelane.publish("facts") as ring:
            before = time.monotonic_ns()
            ring.write(np.zeros((4, 6), np.uint8), capture_time=123, metadata=extra, area=(1, 2, 640, 480))
            with framelane.subscribe("facts") as frames, frames.take(1) as frame:
                self.assertEqual((frame.sequence, frame.capture_time), (1, 123))
                self.assertEqual(frame.metadata, extra)
                self.assertEqual(frame.area, framelane.Area(1, 2, 640, 480))
                self.assertTrue(before <= frame.publish_time <= time.monotonic_ns())

    def test_default_to_now_and_nothing(self):
        with framelane.publish("plain") as ring:
            before = time.time_ns()
            ring.write(np.zeros((4, 6), np.uint8))
            with framelane.subscribe("plain") as frames, frames.take(1) as frame:
                self.assertTrue(before <= frame.capture_time <= time.time_ns())
                self.assertEqual((frame.metadata, frame.area), ({}, None))


class Borrowing(RingTest):
    def setUp(self):
        super().setUp()
        self.ring = framelane.publish("lent", capacity=4096, slots=20)
        self.addCleanup(self.ring.close)
        self.frames = framelane.subscribe("lent")
        self.addCleanup(self.frames.close)

    def publish(self, count=1):
        for _ in range(count):
            self.ring.write(np.full((4, 4), 7, np.uint8))

    def pins(self):
        seat = self.frames._seat
        return [pin for pin in seat._i[seat._pins : seat._pins + 12].tolist() if pin]

    def test_views_are_read_only(self):
        self.publish()
        with self.frames.take(1) as frame:
            with self.assertRaises(ValueError):
                frame.array[0, 0] = 1
            with self.assertRaises(ValueError):
                frame.array.flags.writeable = True

    def test_views_share_memory_and_copies_do_not(self):
        self.publish()
        with self.frames.take(1) as frame:
            self.assertTrue(np.shares_memory(frame.array, frame.array))
            copy = frame.copy()
            self.assertFalse(np.shares_memory(frame.array, copy))
            copy[0, 0] = 1  # owned, so writable
            np.testing.assert_array_equal(np.asarray(frame), frame.array)

    def test_late_use_raises(self):
        self.publish()
        frame = self.frames.take(1)
        frame.release()
        for use in (lambda: frame.array, lambda: frame.planes, frame.copy, frame.release):
            with self.assertRaises(framelane.FrameReleased):
                use()
        self.assertTrue(frame.released)
        self.assertEqual(frame.metadata, {})  # facts stay

    def test_a_held_frame_does_not_change(self):
        self.publish()
        with self.frames.take(1) as frame:
            for value in range(100):
                self.ring.write(np.full((4, 4), value, np.uint8))
            self.assertTrue((frame.array == 7).all())

    def test_the_loop_releases_each_frame_at_the_next(self):
        self.publish(3)
        seen = []
        self.frames.close()
        frames = framelane.subscribe("lent", start="oldest")
        self.ring.close()
        for frame in frames:
            self.assertTrue(all(earlier.released for earlier in seen))
            self.assertFalse(frame.released)
            seen.append(frame)
        self.assertEqual([frame.sequence for frame in seen], [1, 2, 3])

    def test_keep_holds_a_frame_beyond_its_turn(self):
        self.publish()
        kept = next(self.frames).keep()
        self.publish()
        next(self.frames)
        self.assertTrue((kept.array == 7).all())
        kept.release()

    def test_twelve_frames_can_be_held_and_no_more(self):
        held = []
        for _ in range(12):
            self.publish()
            held.append(self.frames.take(1))
        self.publish()
        with self.assertRaises(framelane.TooManyHeld):
            self.frames.take(1)
        held.pop().release()
        with self.frames.take(1) as frame:
            self.assertEqual(frame.sequence, 13)

    def test_a_forgotten_frame_is_given_back(self):
        self.publish()
        frame = self.frames.take(1)
        self.assertEqual(len(self.pins()), 1)
        del frame
        gc.collect()
        self.assertEqual(self.pins(), [])

    def test_closing_the_subscriber_releases_what_it_holds(self):
        self.publish()
        frame = self.frames.take(1)
        self.frames.close()
        with self.assertRaises(framelane.FrameReleased):
            frame.array
        with self.assertRaises(framelane.RingClosed):
            self.frames.take(0)

    def test_an_array_kept_too_long_still_has_memory_behind_it(self):
        self.publish()
        array = self.frames.take(1).array
        self.frames.close()
        self.ring.close()
        gc.collect()
        self.assertEqual(array.shape, array.copy().shape)  # its pixels may be another frame's; it is no crash

    def test_a_snapshot_is_a_copy_without_a_seat(self):
        self.assertIsNone(framelane.snapshot("lent"))
        self.publish()
        frame = framelane.snapshot("lent")
        for value in range(50):
            self.ring.write(np.full((4, 4), value, np.uint8))
        self.assertTrue((frame.array == 7).all())
        self.assertEqual(frame.sequence, 1)
        self.assertFalse(frame.array.flags.writeable)
        frame.release()


if __name__ == "__main__":
    unittest.main()
