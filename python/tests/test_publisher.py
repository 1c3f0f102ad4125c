"""Publishing: lending, writing, rights, limits."""

import os
import stat
import subprocess
import threading
import time
import tracemalloc
import unittest

from support import RingTest

import numpy as np

import framelane


class Lending(RingTest):
    def test_a_full_lossy_ring_drops_and_counts(self):
        with framelane.publish("p", capacity=16, slots=3) as ring:
            loans = [ring.loan("gray8", 4, 4) for _ in range(4)]
            self.assertIsNone(loans[3])
            self.assertEqual(ring.dropped, 1)
            loans[0].abandon()
            self.assertIsNotNone(ring.loan("gray8", 4, 4))

    def test_held_slots_are_never_lent(self):
        with framelane.publish("p", capacity=16, slots=3) as ring, framelane.subscribe("p") as frames:
            ring.write(np.full((4, 4), 1, np.uint8))
            with frames.take(1) as frame:
                written = [ring.write(np.full((4, 4), 9, np.uint8)) for _ in range(10)]
                self.assertNotIn(None, written)
                self.assertTrue((frame.array == 1).all())

    def test_a_forgotten_or_left_loan_is_abandoned(self):
        with framelane.publish("p", capacity=16, slots=2) as ring:
            for _ in range(20):
                with ring.loan("gray8", 4, 4):
                    pass
                ring.loan("gray8", 4, 4)
            self.assertEqual(ring.write(np.zeros((4, 4), np.uint8)), 1)

    def test_a_published_loan_cannot_be_used_again(self):
        with framelane.publish("p", capacity=16) as ring:
            loan = ring.loan("gray8", 4, 4)
            loan.publish()
            for use in (lambda: loan.array, lambda: loan.planes, loan.publish):
                with self.assertRaises(framelane.FrameReleased):
                    use()

    def test_a_closed_publisher_lends_nothing(self):
        ring = framelane.publish("p", capacity=16)
        loan = ring.loan("gray8", 4, 4)
        ring.close()
        ring.close()
        with self.assertRaises(framelane.RingClosed):
            ring.loan("gray8", 4, 4)
        with self.assertRaises(framelane.FrameReleased):
            loan.publish()
        loan.abandon()

    def test_a_refused_publish_costs_no_number(self):
        with framelane.publish("p", capacity=16) as ring:
            loan = ring.loan("gray8", 4, 4)
            for wrong in ({"capture_time": 1.5}, {"capture_time": -1}, {"area": (1, 2)}, {"metadata": {"k": None}}):
                with self.assertRaises(framelane.BadArgument):
                    loan.publish(**wrong)
            self.assertEqual(loan.publish(), 1)

    def test_frames_change_size_and_format_up_to_the_capacity(self):
        with framelane.publish("p", capacity=48) as ring, framelane.subscribe("p") as frames:
            for shape in ((4, 4, 3), (1, 48), (6, 8)):
                ring.write(np.zeros(shape, np.uint8))
                self.assertEqual(frames.take(1).array.shape, shape)
            with self.assertRaisesRegex(framelane.FrameTooLarge, "49"):
                ring.write(np.zeros((7, 7), np.uint8))

    def test_the_first_frame_decides_the_capacity(self):
        with framelane.publish("p") as ring:
            self.assertEqual(self.rings(), [])
            ring.write(np.zeros((7, 7), np.uint8))
            self.assertEqual(ring.capacity, 49)


class Writing(RingTest):
    def test_usual_arrays_name_their_format(self):
        cases = [("u1", (2, 3), "gray8"), ("u2", (2, 3), "gray16le"), ("u1", (2, 3, 3), "rgb24"), ("u1", (2, 3, 4), "rgba32")]
        with framelane.publish("w", capacity=64) as ring, framelane.subscribe("w") as frames:
            for dtype, shape, name in cases:
                ring.write(np.zeros(shape, dtype))
                self.assertEqual(frames.take(1).format, name)

    def test_a_frame_can_be_written_on(self):
        with framelane.publish("w", capacity=64) as ring, framelane.subscribe("w") as frames:
            ring.write([np.ones((3, 3), "u1"), np.ones((2, 2, 2), "u1")], format="nv12")
            with frames.take(1) as frame:
                ring.write(frame)
            with frames.take(1) as again:
                self.assertEqual((again.format, again.width, again.height), ("nv12", 3, 3))

    def test_big_endian_values_arrive_as_values(self):
        with framelane.publish("w", capacity=64) as ring, framelane.subscribe("w") as frames:
            ring.write(np.array([[1, 0x1234]], ">u2"))
            with frames.take(1) as frame:
                np.testing.assert_array_equal(frame.array, [[1, 0x1234]])

    def test_what_does_not_fit_is_refused(self):
        wrong = [
            (np.zeros((2, 2), np.float32), {}), (np.zeros(4, np.uint8), {}), (np.zeros((2, 2, 2), np.uint8), {}),
            (np.zeros((2, 2), np.int8), {"format": "gray8"}), (np.zeros((2, 2), np.uint8), {"format": "rgb24"}),
            (np.zeros((2, 2), np.uint8), {"format": "grey"}), ([np.zeros((2, 2), np.uint8)], {"format": "nv12"}),
            (np.zeros((2, 3, 2), np.uint8), {"format": "yuyv422"}),
        ]  # fmt: skip
        with framelane.publish("w", capacity=64) as ring:
            for pixels, options in wrong:
                with self.subTest(pixels=pixels, **options), self.assertRaises(framelane.BadArgument):
                    ring.write(pixels, **options)
            with self.assertRaises(framelane.FrameInvalid):
                ring.loan("gray8", 0, 4)
            with self.assertRaises(framelane.FrameInvalid):
                ring.loan("gray8", 4, 4, strides=[3])


class Making(RingTest):
    def test_two_producers_of_one_name(self):
        with framelane.publish("two", capacity=16), self.assertRaises(framelane.RingBusy):
            framelane.publish("two", capacity=16)

    def test_only_the_owner_may_open_it_unless_told_otherwise(self):
        for options, mode in (({}, 0o600), ({"mode": 0o640}, 0o640), ({"group": os.getgid()}, 0o660)):
            with framelane.publish("mode", capacity=16, **options):
                self.assertEqual(stat.S_IMODE(os.stat(self.path("mode")).st_mode), mode)

    def test_wrong_numbers_are_named(self):
        for wrong in ({"slots": 1}, {"slots": 256}, {"readers": 0}, {"readers": 1025}, {"capacity": -1}, {"mode": 0o200},
                      {"mode": 0o777}, {"group": "no such group"}, {"capacity": 1.5}):  # fmt: skip
            with self.subTest(**wrong), self.assertRaises(framelane.BadArgument):
                framelane.publish("wrong", **{"capacity": 16, **wrong})
        self.assertEqual(self.rings(), [])

    def test_a_file_system_without_room_is_an_error_and_leaves_nothing(self):
        # A limit on the size of files stands for a small /dev/shm: both make posix_fallocate fail.
        child = self.start("""
            import framelane, resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
            try: framelane.publish("big", capacity=1 << 22)
            except framelane.RingNoSpace as error: print(error.code)
        """)
        self.said(child, "RING_NO_SPACE")
        self.assertEqual(self.rings(), [])

    def test_a_full_tmpfs_is_an_error_and_leaves_nothing(self):
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", self.directory], capture_output=True)
        if mount.returncode != 0:
            self.skipTest("mounting a small tmpfs needs root: " + mount.stderr.decode().strip())
        try:
            with self.assertRaisesRegex(framelane.RingNoSpace, "shm-size"):
                framelane.publish("big", capacity=1 << 20)
            self.assertEqual(self.rings(), [])
            framelane.publish("small", capacity=1 << 16, slots=4).close()
        finally:
            subprocess.run(["umount", self.directory], check=True)

    def test_no_directory_for_rings(self):
        os.environ["FRAMELANE_SHM_DIR"] = self.path("absent")
        with self.assertRaisesRegex(framelane.RingNotFound, "FRAMELANE_SHM_DIR"):
            framelane.publish("r", capacity=16)

    def test_many_rings_at_once(self):
        rings = [framelane.publish("r%d" % i, capacity=16) for i in range(20)]
        readers = [framelane.subscribe("r%d" % i) for i in range(20)]
        for number, ring in enumerate(rings):
            ring.write(np.full((4, 4), number, np.uint8))
        self.assertEqual([reader.take(1).array[0, 0] for reader in readers], list(range(20)))
        for ring in rings:
            ring.close()
        self.assertEqual(self.rings(), [])


class Growth(RingTest):
    def test_closing_frees_the_memory_at_once(self):
        ring = framelane.publish("g", capacity=1 << 20)
        frames = framelane.subscribe("g")
        ring.write(np.zeros((4, 4), np.uint8))
        frames.take(1).array
        ring.close()
        frames.close()
        with open("/proc/self/maps") as maps:
            self.assertEqual([line for line in maps if self.directory in line], [])

    def test_opening_and_closing_leaves_no_descriptors(self):
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(50):
            with framelane.publish("g", capacity=16) as ring, framelane.subscribe("g") as frames:
                ring.write(np.zeros((4, 4), np.uint8))
                frames.take(1)
                framelane.snapshot("g")
                with self.assertRaises(framelane.RingBusy):
                    framelane.publish("g", capacity=16)
                with self.assertRaises(framelane.RingLossy):
                    framelane.subscribe("g", lossless=True)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_frames_allocate_nothing_that_stays(self):
        with framelane.publish("g", capacity=16) as ring, framelane.subscribe("g") as frames:
            def turn(count):
                for _ in range(count):
                    ring.loan("gray8", 4, 4).publish(metadata={"n": 1})
                    with frames.take(1) as frame:
                        frame.array

            tracemalloc.start()
            self.addCleanup(tracemalloc.stop)
            turn(6000)  # CPython keeps up to 2,000 freed tuples of each size: they are not growth
            before = tracemalloc.get_traced_memory()[0]
            turn(3000)
            self.assertLess(tracemalloc.get_traced_memory()[0] - before, 3000)  # under a byte a frame


class Lossless(RingTest):
    def test_the_producer_waits_for_a_slow_reader(self):
        reader = self.start("""
            import framelane, time
            print("ready")
            sums = []
            for frame in framelane.subscribe("slow", wait=10):
                if frame.sequence % 20 == 0: time.sleep(0.01)
                sums.append(int(frame.array[0, 0]))
            print(sums == [n % 256 for n in range(400)], len(sums))
        """)
        self.said(reader, "ready")
        with framelane.publish("slow", capacity=16, slots=4, lossless=True) as ring:
            while not ring._segment.i[0x10004 // 4]:  # the reader's owner word says lossless
                time.sleep(0.01)
            for number in range(400):
                ring.write(np.full((4, 4), number % 256, np.uint8))
            self.assertEqual(ring.dropped, 0)
        self.said(reader, "True 400")

    def test_a_timeout_ends_the_wait(self):
        with framelane.publish("l", capacity=16, slots=2, lossless=True) as ring, framelane.subscribe("l"):
            ring.write(np.zeros((4, 4), np.uint8))
            ring.write(np.zeros((4, 4), np.uint8))
            begun = time.monotonic()
            with self.assertRaises(framelane.TimedOut):
                ring.write(np.zeros((4, 4), np.uint8), timeout=0.25)
            self.assertTrue(0.2 < time.monotonic() - begun < 2)

    def test_a_reader_that_opts_out_holds_nothing_back(self):
        with framelane.publish("l", capacity=16, slots=3, lossless=True) as ring:
            with framelane.subscribe("l", lossless=False), framelane.subscribe("l", mode="latest"):
                for _ in range(20):
                    ring.write(np.zeros((4, 4), np.uint8), timeout=1)

    def test_a_killed_reader_holds_nothing_back(self):
        with framelane.publish("l", capacity=16, slots=3, lossless=True) as ring:
            reader = self.start("""
                import framelane, time
                frames = framelane.subscribe("l"); print("ready"); time.sleep(60)
            """)
            self.said(reader, "ready")
            ring.write(np.zeros((4, 4), np.uint8))
            timer = threading.Timer(0.3, self.kill, [reader])
            timer.start()
            begun = time.monotonic()
            for _ in range(10):
                ring.write(np.zeros((4, 4), np.uint8), timeout=10)
            self.assertTrue(0.2 < time.monotonic() - begun < 5)
            timer.join()

    def test_closing_a_reader_lets_the_producer_go_on(self):
        with framelane.publish("l", capacity=16, slots=2, lossless=True) as ring:
            frames = framelane.subscribe("l")
            for _ in range(2):
                ring.write(np.zeros((4, 4), np.uint8))
            timer = threading.Timer(0.1, frames.close)
            timer.start()
            ring.write(np.zeros((4, 4), np.uint8), timeout=5)
            timer.join()


if __name__ == "__main__":
    unittest.main()
