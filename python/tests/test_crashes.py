"""Processes that die, fork, or are replaced at any moment."""

import os
import random
import signal
import time
import unittest

from support import RingTest

import numpy as np

import framelane

PRODUCER = """
    import framelane, numpy as np, sys
    ring = framelane.publish("c", capacity=int(sys.argv[1]), slots=4)
    loan = ring.loan("gray8", 4, 4)
    ring.write(np.full((4, 4), 1, np.uint8))
    print("ready")
    number = 1
    while len(sys.argv) > 2:
        number += 1
        loan = ring.loan("gray16le", 8, 8)
        if loan is not None:
            loan.array[...] = number
            loan.publish()
    sys.stdin.read()
"""


class DeadProducer(RingTest):
    def killed_producer(self, capacity=16):
        child = self.start(PRODUCER, capacity)
        self.said(child, "ready")
        return child

    def test_its_ring_is_taken_over_and_readers_go_on(self):
        child = self.killed_producer()
        with framelane.subscribe("c") as frames:
            self.assertEqual(frames.take(1).sequence, 1)
            with self.assertRaises(framelane.RingBusy):
                framelane.publish("c", capacity=16, slots=4)
            self.kill(child)
            with framelane.publish("c", capacity=16, slots=4) as ring:
                self.assertEqual(ring._segment.q[0x90 // 8], 2)  # epoch
                ring.write(np.full((4, 4), 2, np.uint8))
                with frames.take(5) as frame:
                    self.assertEqual((frame.sequence, frame.array[0, 0]), (2, 2))
            self.assertEqual(list(frames), [])

    def test_another_capacity_replaces_its_ring_and_readers_go_on(self):
        child = self.killed_producer()
        with framelane.subscribe("c") as every, framelane.subscribe("c", mode="latest") as latest:
            held = every.take(1)
            latest.take(1).release()
            self.kill(child)
            old = every._seat.segment.i
            with framelane.publish("c", capacity=400) as ring:
                self.assertEqual(old[0xC4 // 4], 3)  # told to look the name up again
                for value in (5, 6):
                    ring.write(np.full((20, 20), value, np.uint8))
                self.assertEqual([every.take(5).array[0, 0] for _ in range(2)], [5, 6])
                self.assertEqual(latest.take(5).array[0, 0], 6)
                self.assertTrue((held.array == 1).all())  # pixels of the replaced ring stay
                held.release()
                self.assertEqual(every.missed, 0)
        self.assertEqual(self.rings(), [])

    def test_another_kind_of_ring_replaces_it(self):
        for options in ({"lossless": True}, {"slots": 5}, {"readers": 8}):
            child = self.killed_producer()
            self.kill(child)
            before = os.stat(self.path("c")).st_ino
            with framelane.publish("c", **{"capacity": 16, "slots": 4, **options}):
                self.assertNotEqual(os.stat(self.path("c")).st_ino, before)

    def test_readers_learn_that_it_is_lost(self):
        child = self.killed_producer()
        with framelane.subscribe("c", takeover=0.3) as frames:
            frames.take(1).release()
            self.kill(child)
            begun = time.monotonic()
            with self.assertRaises(framelane.ProducerLost):
                frames.take(10)
            self.assertLess(time.monotonic() - begun, 3)

    def test_readers_wait_for_ever_by_default(self):
        child = self.killed_producer()
        with framelane.subscribe("c") as frames:
            frames.take(1).release()
            self.kill(child)
            with self.assertRaises(framelane.TimedOut):
                frames.take(1.5)

    def test_a_ring_that_was_removed_by_hand_and_made_anew_is_found(self):
        child = self.killed_producer()
        with framelane.subscribe("c") as frames:
            frames.take(1).release()
            self.kill(child)
            os.unlink(self.path("c"))
            with framelane.publish("c", capacity=16, slots=4) as ring:
                ring.write(np.full((4, 4), 8, np.uint8))
                with frames.take(5) as frame:
                    self.assertEqual(frame.array[0, 0], 8)

    def test_half_a_publish_is_finished_by_the_next_producer(self):
        child = self.killed_producer()
        self.kill(child)
        with open(self.path("c"), "r+b") as file:  # STATE was stored, LATEST not yet
            file.seek(0x80)
            file.write(b"\0" * 8)
        with framelane.publish("c", capacity=16, slots=4) as ring:
            self.assertEqual(ring.write(np.zeros((4, 4), np.uint8)), 2)

    def test_killed_at_random_it_leaves_whole_frames_and_every_slot(self):
        dice = random.Random(7)
        reader = None
        for _ in range(8):
            child = self.start(PRODUCER, 128, "fast")
            self.said(child, "ready")
            reader = reader or framelane.subscribe("c", mode="latest")
            until = time.monotonic() + dice.uniform(0.01, 0.06)
            while time.monotonic() < until:
                with reader.take(5) as frame:
                    self.assertEqual(len(np.unique(frame.array)), 1, "a torn frame")
            self.kill(child)
        reader.close()
        with framelane.publish("c", capacity=128, slots=4) as ring:
            loans = [ring.loan("gray8", 4, 4) for _ in range(4)]
            self.assertEqual(loans.count(None), 1)  # all but the latest


class DeadReader(RingTest):
    def test_its_pins_hold_nothing(self):
        with framelane.publish("c", capacity=16, slots=4) as ring:
            ring.write(np.zeros((4, 4), np.uint8))
            child = self.start("""
                import framelane, sys
                frame = framelane.subscribe("c").take(); print("ready"); sys.stdin.read()
            """)
            self.said(child, "ready")
            loans = [ring.loan("gray8", 4, 4) for _ in range(4)]
            self.assertEqual(loans.count(None), 1)
            del loans
            for _ in range(3):
                ring.write(np.zeros((4, 4), np.uint8))
            self.kill(child)
            loans = [ring.loan("gray8", 4, 4) for _ in range(4)]
            self.assertEqual(loans.count(None), 1)

    def test_its_seat_is_free_again(self):
        with framelane.publish("c", capacity=16, readers=1):
            for _ in range(3):
                child = self.start('import framelane, sys; f = framelane.subscribe("c"); print("ready"); sys.stdin.read()')
                self.said(child, "ready")
                with self.assertRaises(framelane.RingFull):
                    framelane.subscribe("c")
                self.kill(child)


class Ends(RingTest):
    """Nothing stays in the directory, however a producer ends short of SIGKILL."""

    def check(self, code, *, interrupt=False):
        child = self.start('import framelane, sys, time\nr = framelane.publish("end", capacity=16)\nprint("ready")\n' + code)
        self.said(child, "ready")
        if interrupt:
            time.sleep(0.1)
            child.send_signal(signal.SIGINT)
        child.wait(10)
        self.assertEqual(self.rings(), [])
        return child

    def test_by_falling_off_its_end(self):
        self.check("")

    def test_by_an_exception(self):
        self.assertIn("boom", self.check("raise RuntimeError('boom')").stderr.read())

    def test_by_exit(self):
        self.check("sys.exit(3)")

    def test_by_ctrl_c(self):
        self.assertIn("KeyboardInterrupt", self.check("time.sleep(60)", interrupt=True).stderr.read())

    def test_by_ctrl_c_while_reading(self):
        begun = time.monotonic()
        self.check('framelane.subscribe("end").take()', interrupt=True)
        self.assertLess(time.monotonic() - begun, 5)

    def test_by_ctrl_c_while_waiting_for_readers(self):
        code = """
            r.close(); r = framelane.publish("end", capacity=16, slots=2, lossless=True)
            f = framelane.subscribe("end")
            for _ in range(3): r.loan("gray8", 4, 4).publish()
        """
        self.check("\n".join(line.strip() for line in code.splitlines()), interrupt=True)


class Forks(RingTest):
    def in_child(self, action):
        """Runs `action` in a forked child; its exit code."""
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = action()
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_a_child_owns_nothing_of_its_parent(self):
        ring = framelane.publish("f", capacity=16)
        frames = framelane.subscribe("f")
        ring.write(np.zeros((4, 4), np.uint8))
        frame = frames.take(1)

        def child():
            for use in (lambda: ring.loan("gray8", 4, 4), lambda: frames.take(0), lambda: frame.array):
                try:
                    use()
                    return 1
                except (framelane.RingClosed, framelane.FrameReleased):
                    pass
            frame.__exit__()
            frames.close()
            ring.close()
            return 0

        self.assertEqual(self.in_child(child), 0)
        self.assertEqual(self.rings(), ["framelane.f"])
        self.assertEqual(ring._segment.i[0xC4 // 4], 1)  # still live
        self.assertIn(1, frames._seat._i[frames._seat._pins : frames._seat._pins + 12].tolist())
        frame.release()
        frames.close()
        ring.close()

    def test_a_child_does_not_keep_its_parents_locks(self):
        ring = framelane.publish("f", capacity=16, readers=1)
        frames = framelane.subscribe("f")
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(write)
            os.read(read, 1)  # stays until the parent closes its end
            os._exit(0)
        os.close(read)
        frames.close()
        framelane.subscribe("f").close()
        ring.close()
        framelane.publish("f", capacity=16, readers=1).close()
        os.close(write)
        os.waitpid(pid, 0)

    def test_a_child_subscribes_for_itself(self):
        with framelane.publish("f", capacity=16) as ring:
            ring.write(np.full((4, 4), 3, np.uint8))
            self.assertEqual(self.in_child(lambda: int(framelane.subscribe("f").take(1).array[0, 0])), 3)


if __name__ == "__main__":
    unittest.main()
