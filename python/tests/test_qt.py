"""QSharedMemory from Python: with real Qt programs where they can be compiled, and lists that must not be believed."""

import glob
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

import numpy as np
import support

import framelane.qt as qt
from framelane import BadArgument, FramelaneError, Unsupported

ROOT = os.path.dirname(support.PACKAGE)

#: Formats with 8 bits a component at most, and Grayscale16.
READABLE = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 23, 24, 28, 29]


def peer_of(version):
    """The Qt program at the other end, compiled once; None where that Qt is not installed."""
    source = os.path.join(ROOT, "test", "qt", "peer.cpp")
    program = os.path.join(ROOT, "build", "qt", "peer-qt" + version)
    if os.path.exists(program) and os.path.getmtime(program) > os.path.getmtime(source):
        return program
    try:
        flags = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "Qt%sGui" % version], capture_output=True, text=True, check=True
        )
        os.makedirs(os.path.dirname(program), exist_ok=True)
        fresh = "%s.%d" % (program, os.getpid())
        words = ["g++", "-std=c++17", "-O1", "-fPIC", "-o", fresh, source, *flags.stdout.split()]
        subprocess.run(words, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    os.replace(fresh, program)
    return program


PEERS = {version: peer_of(version) for version in ("5", "6")}


class QtTest(unittest.TestCase):
    """A test with a folder of key files of its own."""

    keys = 0

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="framelane-qt-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        before = os.environ.get("TMPDIR")
        self.addCleanup(lambda: os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before))
        os.environ["TMPDIR"] = self.folder

    def key(self):
        QtTest.keys += 1
        return "python test %d %d" % (os.getpid(), QtTest.keys)

    def left(self):
        return [os.path.basename(path) for path in glob.glob(self.folder + "/qipc_*")]

    def peer(self, version, *words):
        if PEERS[version] is None:
            self.skipTest("no qtbase of Qt %s, or no g++" % version)
        child = subprocess.Popen(
            [PEERS[version], *map(str, words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(self.end, child)
        return child

    def end(self, child):
        if child.stdin.closed:
            return
        child.communicate(timeout=10)

    def until(self, child, word):
        lines = []
        for line in child.stdout:
            if line.strip() == word:
                return lines
            lines.append(line.split())
        self.fail(child.stderr.read())

    def order(self, child, word):
        child.stdin.write(word + "\n")
        child.stdin.flush()
        return self.until(child, "done")


def pixels(array):
    return np.ascontiguousarray(array).tobytes().hex()


class RealQt(QtTest):
    def test_every_format_of_8_bits_comes_over(self):
        for version in PEERS:
            for width in (1, 5, 16):
                with self.subTest(qt=version, width=width):
                    key = self.key()
                    peer = self.peer(version, "put", key, width, 7, *READABLE)
                    sent = self.until(peer, "ready")
                    with qt.attach(key) as memory, memory.lock():
                        seen = [(image.format, image.array.shape[:2], pixels(image.array)) for image in memory.images()]
                    want = [(qt.IMAGE_FORMATS[int(f)], (int(h), int(w)), data) for f, w, h, data in sent]
                    self.assertEqual([x[:2] for x in seen], [x[:2] for x in want])
                    for (name, _, data), (_, _, expected) in zip(seen, want):
                        self.assertEqual(data, expected, name)
                    self.end(peer)
        self.assertEqual(self.left(), [])

    def test_qt_reads_what_we_write(self):
        arrays = [
            np.arange(35, dtype=np.uint8).reshape(5, 7),
            np.arange(35, dtype=np.uint16).reshape(5, 7) * 1000,
            np.arange(105, dtype=np.uint8).reshape(5, 7, 3),
            np.arange(105, dtype=np.uint8).reshape(5, 7, 3)[::-1],
            np.arange(140, dtype=np.uint8).reshape(5, 7, 4),
            np.arange(140, dtype=np.uint8).reshape(5, 7, 4),
        ]
        formats = [None, None, None, "BGR888", None, "RGB32"]
        for version in PEERS:
            with self.subTest(qt=version), qt.create(self.key(), qt.list_bytes(arrays)) as memory:
                with memory.lock():
                    self.assertEqual(memory.write(arrays, formats), memory.size)
                peer = self.peer(version, "attach", memory.key)
                self.until(peer, "ready")
                seen = self.order(peer, "read")
                self.assertEqual([int(line[0]) for line in seen], [24, 28, 13, 29, 17, 4])
                self.assertEqual([line[3] for line in seen], [pixels(array) for array in arrays])
                self.end(peer)
        self.assertEqual(self.left(), [])

    def test_the_lock_is_held_by_one_and_given_back_by_the_dead(self):
        for version in PEERS:
            with self.subTest(qt=version):
                key = self.key()
                peer = self.peer(version, "put", key, 4, 4, 24)
                self.until(peer, "ready")
                with qt.attach(key) as memory:
                    self.order(peer, "lock")
                    with self.assertRaises(qt.QtLocked), memory.lock(0.05):
                        pass
                    peer.kill()
                    peer.wait()
                    with memory.lock(1):
                        pass
                self.assertEqual(self.left(), [])

    def test_the_last_one_out_cleans_up(self):
        for version in PEERS:
            key = self.key()
            peer = self.peer(version, "put", key, 4, 4, 24)
            self.until(peer, "ready")
            memory = qt.attach(key)
            self.assertEqual(memory.attached, 2)
            self.end(peer)
            self.assertEqual(memory.attached, 1)
            memory.close()
            self.assertEqual(self.left(), [])
            with self.assertRaises(qt.QtNotFound):
                qt.attach(key)


class Lifetime(QtTest):
    def test_an_array_keeps_the_segment(self):
        with qt.create(self.key(), 100) as memory:
            memory.write([np.full((2, 3), 9, np.uint8)])
            array = memory.images()[0].array
        self.assertTrue((array == 9).all())
        with self.assertRaises(qt.QtClosed):
            memory.data
        self.assertEqual(len(self.left()), 2)
        del array
        self.assertEqual(self.left(), [])

    def test_keep_leaves_it_to_the_next(self):
        key = self.key()
        memory = qt.create(key, 100)
        memory.write([np.full((2, 3), 9, np.uint8)])
        memory.close(keep=True)
        with qt.attach(key) as again:
            self.assertEqual(again.images()[0].array.tolist(), [[9] * 3] * 2)
        self.assertEqual(self.left(), [])

    def test_what_a_killed_program_left_is_replaced(self):
        key = self.key()
        code = "import os, sys, framelane.qt as q; m = q.create(sys.argv[1], 50); os.kill(os.getpid(), 9)"
        environment = dict(os.environ, PYTHONPATH=support.PACKAGE)
        subprocess.run([support.sys.executable, "-c", code, key], env=environment, check=False)
        self.assertNotEqual(self.left(), [])
        with qt.create(key, 60) as memory:
            self.assertEqual(memory.size, 60)
            with self.assertRaises(qt.QtBusy):
                qt.create(key, 60)
        self.assertEqual(self.left(), [])

    def test_the_end_of_the_program_detaches(self):
        code = "import sys, framelane.qt as q; m = q.create(sys.argv[1], 50); d = m.data"
        environment = dict(os.environ, PYTHONPATH=support.PACKAGE)
        subprocess.run([support.sys.executable, "-c", code, self.key()], env=environment, check=True)
        self.assertEqual(self.left(), [])

    def test_posix(self):
        key = "framelane-python-%d" % os.getpid()
        files = ["/dev/shm/" + key, "/dev/shm/sem." + key]
        with qt.create(key, 100, "posix") as memory:
            memory.write([np.full((2, 3), 7, np.uint8)])
            with self.assertRaises(qt.QtBusy):
                qt.create(key, 100, "posix")
            with qt.attach("/" + key, "posix") as other:
                self.assertIsNone(other.attached)
                with memory.lock(), self.assertRaises(qt.QtLocked) as locked, other.lock(0.05):
                    pass
                self.assertIn("framelane rm", str(locked.exception))
                with other.lock():
                    self.assertEqual(other.images()[0].array.tolist(), [[7] * 3] * 2)
        self.assertEqual([file for file in files if os.path.exists(file)], [])
        with self.assertRaises(qt.QtNotFound):
            qt.attach(key, "posix")

    def test_keys_that_are_none_are_refused(self):
        for words in [("",), ("a\0b",), ("k" * 256,), ("a/b", "posix"), ("k", "windows"), ("k", "sysv", "native")]:
            with self.subTest(words=words), self.assertRaises(BadArgument):
                qt.attach(*words)
        with self.assertRaises(BadArgument):
            qt.create("k", 0)
        self.assertEqual(self.left(), [])


def list_with(count=1, size=24, width=5, height=3, form=24, stride=8):
    return struct.pack("=6i24x", count, size, width, height, form, stride)


class Lists(unittest.TestCase):
    def test_an_honest_list(self):
        (image,) = qt.read_images(bytearray(list_with()))
        self.assertEqual((image.format, image.array.shape, image.array.strides), ("Grayscale8", (3, 5), (8, 1)))

    def test_lists_that_lie_are_refused(self):
        big = 0x7FFFFFFF
        for lie in [
            {"count": -1}, {"count": 2}, {"count": big}, {"size": 25}, {"size": big}, {"size": -24}, {"size": 20},
            {"stride": big}, {"stride": -8}, {"stride": 4}, {"stride": 0}, {"width": 9}, {"width": big}, {"width": -5},
            {"width": 0}, {"height": 4}, {"height": 65536}, {"height": -3}, {"form": 0}, {"form": 37}, {"form": -1},
        ]:  # fmt: skip
            with self.subTest(lie), self.assertRaises(qt.QtDamaged):
                qt.read_images(list_with(**lie))

    def test_a_cut_list_is_refused_at_each_length(self):
        whole = list_with()
        for length in range(len(whole)):
            with self.subTest(length), self.assertRaises(qt.QtDamaged):
                qt.read_images(whole[:length])

    def test_deep_colours_are_refused_by_name(self):
        with self.assertRaisesRegex(Unsupported, "Format_RGB30"):
            qt.read_images(list_with(form=21))

    def test_what_does_not_fit_is_refused(self):
        array = np.zeros((5, 5, 3), np.uint8)
        with self.assertRaises(qt.QtNoSpace):
            qt.write_images(bytearray(qt.list_bytes([array]) - 1), [array])
        with self.assertRaisesRegex(BadArgument, "BGR888"):
            qt.write_images(bytearray(1000), [array], ["RGB32"])
        with self.assertRaises(BadArgument):
            qt.write_images(bytearray(1000), [np.zeros((5, 5), np.float32)])
        with self.assertRaises(FramelaneError):
            qt.write_images(bytearray(1000), [np.zeros(5, np.uint8)])


if __name__ == "__main__":
    unittest.main()
