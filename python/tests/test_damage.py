"""Damaged and hostile segments: a typed error, never a crash, never a hang."""

import os
import struct
import unittest

from support import RingTest

import numpy as np

import framelane
from framelane.layout import HEADER, SLOT, SLOT_BYTES

TYPED = (framelane.FramelaneError,)


class Damage(RingTest):
    def setUp(self):
        super().setUp()
        self.ring = framelane.publish("d", capacity=64, slots=3, readers=2)
        for value in (1, 2):
            self.ring.write(np.full((4, 6), value, np.uint8), metadata={"k": "text", "n": 1})
        self.control = self.ring._segment.control
        self.addCleanup(self.ring.close)

    def look(self, mode="every", **options):
        """Reads all there is; returns "fine" or the error's code."""
        try:
            with framelane.subscribe("d", mode=mode, start="oldest", takeover=0, **options) as frames:
                for _ in range(3):
                    with frames.take(0) as frame:
                        [plane.sum() for plane in frame.planes]
        except framelane.TimedOut:
            return "fine"
        except TYPED as error:
            return error.code
        except AttributeError:  # take() said that the ring ended
            return "fine"
        return "fine"

    def flipped(self, start, stop):
        """Every single-bit damage of a range of the control part, undone afterwards."""
        for at in range(start, stop):
            for bit in range(8):
                before = self.control[at]
                self.control[at] = before ^ (1 << bit)
                yield at, bit
                self.control[at] = before

    def test_every_bit_of_the_fixed_header_is_noticed(self):
        ignored = set(range(0x18, 0x20)) | set(range(0x60, 0x68)) | {0x08, 0x09}  # nonce, creation time, minor version
        for at, bit in self.flipped(0, HEADER.size):
            with self.subTest(at=at, bit=bit):
                code = self.look()
                if at not in ignored and not 0x20 <= at < 0x28 and not 0x58 <= at < 0x60:
                    # slots, readers and capacity may be wrong and still consistent
                    self.assertIn(code, ("RING_DAMAGED", "RING_VERSION") if not 0x44 <= at < 0x48 else ("RING_DAMAGED", "fine"))

    def test_every_bit_of_the_living_header_is_harmless(self):
        for at, bit in self.flipped(0x80, 0x110):
            with self.subTest(at=at, bit=bit):
                for mode in ("every", "latest"):
                    self.look(mode)
                try:
                    framelane.snapshot("d")
                except TYPED:
                    pass

    def test_every_bit_of_the_slot_headers_is_harmless(self):
        first = self.ring._segment.geometry.slot_headers
        for slot in (0, 1):
            start = first + slot * SLOT_BYTES
            for at, bit in self.flipped(start, start + 0xA0):
                with self.subTest(slot=slot, at=at - start, bit=bit):
                    self.look("every")
                    self.look("latest")

    def test_every_bit_of_the_reader_table_leaves_the_producer_working(self):
        with framelane.subscribe("d") as frames:
            frames.take(0).release()
            start = self.ring._segment.geometry.reader_table
            for _, _ in self.flipped(start, start + 128):
                loan = self.ring.loan("gray8", 4, 4)
                if loan is not None:
                    loan.abandon()

    def set_slot(self, **changes):
        """Changes fields of the newest frame's header by name."""
        names = ("seq", "time", "payload", "width", "height", "stride", "format", "planes", "extra", "offset1", "offset2",
                 "stride1", "stride2", "x", "y", "w", "h", "published")  # fmt: skip
        at = self.ring._segment.geometry.slot_headers + ((self.ring._segment.q[16] & 0xFF) - 1) * SLOT_BYTES + 8
        fields = dict(zip(names, SLOT.unpack_from(self.control, at)))
        SLOT.pack_into(self.control, at, *dict(fields, **changes).values())

    def test_a_frame_that_makes_no_sense_is_refused_and_the_next_is_read(self):
        cases = [
            {"width": 0}, {"height": 0}, {"width": 65536}, {"height": 7}, {"stride": 5}, {"payload": 65},
            {"payload": 1 << 63}, {"format": 0}, {"format": 11}, {"planes": 0}, {"planes": 2}, {"extra": 897},
            {"extra": 5}, {"seq": 77}, {"stride": 0xFFFFFFFF}, {"format": 9, "planes": 2, "offset1": 60, "stride1": 6},
            {"format": 10, "planes": 3, "offset1": 1 << 60, "stride1": 3},
        ]  # fmt: skip
        with framelane.subscribe("d") as frames:
            frames.take(0).release()
            for changes in cases:
                with self.subTest(**changes):
                    self.ring.write(np.full((4, 6), 3, np.uint8), metadata={"k": "text"})
                    self.set_slot(**changes)
                    with self.assertRaises(framelane.FrameInvalid):
                        frames.take(0)
                    sequence = self.ring.write(np.full((4, 6), 4, np.uint8))
                    with frames.take(0) as frame:
                        self.assertEqual(frame.sequence, sequence)
            self.assertEqual(len(frames._seat._free), 12)

    def test_tickets_of_slots_that_are_not_there(self):
        for ticket in (9 << 8, 9 << 8 | 4, 9 << 8 | 0xFF, (1 << 64) - 1, 9 << 8 | 1):
            before = self.ring._segment.q[16]
            self.ring._segment.q[16] = ticket
            for mode in ("every", "latest"):
                with self.subTest(ticket=ticket, mode=mode):
                    self.assertIn(self.look(mode), ("RING_DAMAGED", "fine"))
            with self.assertRaises(TYPED):
                framelane.snapshot("d")
            self.ring._segment.q[16] = before

    def test_a_cut_file_is_noticed_before_it_is_touched(self):
        frames = framelane.subscribe("d", start="oldest")
        os.truncate(self.path("d"), 0x20000)
        with self.assertRaisesRegex(framelane.RingDamaged, "cut"):
            frames.take(0)
        with self.assertRaisesRegex(framelane.RingDamaged, "cut"):
            self.ring.write(np.zeros((4, 6), np.uint8))
        with self.assertRaises(framelane.RingDamaged):
            framelane.subscribe("d")
        frames.close()
        self.ring.close()
        self.assertEqual(self.rings(), [])

    def test_a_held_frame_of_a_cut_file_can_be_released(self):
        frames = framelane.subscribe("d", start="oldest")
        frame = frames.take(0)
        os.truncate(self.path("d"), 0)
        frame.release()
        frames.close()

    def test_every_truncation_is_refused(self):
        size = os.path.getsize(self.path("d"))
        with open(self.path("d"), "rb") as file:
            whole = file.read()
        for length in (0, 1, 8, 0x67, 0x68, 0x80, 4096, 0xFFFF, 0x10000, 0x20000, 0x30000, size - 1):
            with open(self.path("cut"), "wb") as file:
                file.write(whole[:length])
            with self.subTest(length=length), self.assertRaises(framelane.RingDamaged):
                framelane.subscribe("cut")
        os.unlink(self.path("cut"))

    def test_another_version(self):
        for version, error in ((2 << 16, framelane.RingVersion), (0, framelane.RingVersion)):
            struct.pack_into("<I", self.control, 8, version)
            with self.assertRaisesRegex(error, "version %d.0" % (version >> 16)):
                framelane.subscribe("d")
        struct.pack_into("<I", self.control, 8, 1 << 16 | 7)  # a later minor is read
        self.assertEqual(self.look(), "fine")
        struct.pack_into("<I", self.control, 8, 1 << 16)

    def test_what_is_no_file(self):
        os.symlink(self.path("d"), self.path("link"))
        os.mkdir(self.path("dir"))
        os.mkfifo(self.path("fifo"))
        for name in ("link", "dir", "fifo"):
            with self.subTest(name=name):
                with self.assertRaises(framelane.RingDamaged):
                    framelane.subscribe(name)
                with self.assertRaises(framelane.RingDamaged):
                    framelane.publish(name, capacity=16)


class Leftovers(RingTest):
    def leave(self, content):
        with open(self.path("x"), "wb") as file:
            file.write(content)

    def test_rubbish_under_the_name_is_replaced_by_a_producer(self):
        for content in (b"", b"rubbish", bytes(1 << 20), os.urandom(1 << 18)):
            self.leave(content)
            with framelane.publish("x", capacity=16) as ring, framelane.subscribe("x") as frames:
                ring.write(np.zeros((4, 4), np.uint8))
                self.assertEqual(frames.take(1).sequence, 1)

    def test_a_ring_of_another_version_is_left_alone(self):
        self.leave(struct.pack("<QI", struct.unpack("<Q", b"FRMLANE1")[0], 2 << 16) + bytes(1 << 17))
        with self.assertRaises(framelane.RingVersion):
            framelane.publish("x", capacity=16)
        self.assertEqual(self.rings(), ["framelane.x"])

    def test_tickets_that_make_no_sense_are_not_taken_over(self):
        for at, word in ((0x20000, 5 << 8 | 9), (0x20000, (1 << 63) | 1), (0x80, 99 << 8 | 1)):
            ring = framelane.publish("x", capacity=16)
            with open(self.path("x"), "rb") as file:
                content = bytearray(file.read())
            ring.close()
            struct.pack_into("<Q", content, at, word)
            self.leave(content)
            with framelane.publish("x", capacity=16) as again:
                self.assertEqual(again.write(np.zeros((4, 4), np.uint8)), 1)


if __name__ == "__main__":
    unittest.main()
