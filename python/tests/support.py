"""What the tests share: a directory of rings of their own, and child processes that can be killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, PACKAGE)


class RingTest(unittest.TestCase):
    """A test with a directory of rings of its own."""

    def setUp(self):
        where = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.directory = tempfile.mkdtemp(prefix="framelane-test-", dir=where)
        self.addCleanup(shutil.rmtree, self.directory, True)
        before = {key: os.environ.get(key) for key in ("FRAMELANE_SHM_DIR", "FRAMELANE_RING")}
        self.addCleanup(_restore, before)
        os.environ["FRAMELANE_SHM_DIR"] = self.directory
        os.environ.pop("FRAMELANE_RING", None)

    def path(self, name):
        return os.path.join(self.directory, "framelane." + name)

    def rings(self):
        return sorted(os.listdir(self.directory))

    def start(self, code, *arguments, **options):
        """A child that runs `code`; its standard output is read with `said`."""
        environment = dict(os.environ, PYTHONPATH=PACKAGE)
        child = subprocess.Popen(
            [sys.executable, "-u", "-c", textwrap.dedent(code), *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options,
        )  # fmt: skip
        self.addCleanup(_end, child)
        return child

    def said(self, child, word):
        """Waits until the child printed the line `word`."""
        line = child.stdout.readline().strip()
        self.assertEqual(line, word, child.stderr.read() if line == "" else "")

    def kill(self, child):
        os.kill(child.pid, signal.SIGKILL)
        child.wait()


def _restore(before):
    for key, value in before.items():
        if value is None:
            os.environ.pop(key, None)
        else:
            os.environ[key] = value


def _end(child):
    if child.poll() is None:
        child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    child.stderr.close()
