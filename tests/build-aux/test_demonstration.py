#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_demonstration.py BUILD_AUX PROGRAM: what build-aux/run shows, as a person would see it."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv.pop()
DEMONSTRATION = pathlib.Path(sys.argv.pop(), "demonstration")
# A network of its own, with nothing but loopback.
ALONE = ["unshare", "-Urn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


class DemonstrationTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # What it leaves, it leaves here; and a user's identity would be here.
        self.environment = {**os.environ, "TMPDIR": folder.name, "HOME": folder.name,
                            "XDG_DATA_HOME": f"{folder.name}/data"}

    def start(self, *before):
        return subprocess.Popen([*before, sys.executable, DEMONSTRATION, PROGRAM], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=self.environment)

    def assert_works(self, *before):
        process = self.start(*before)
        said = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 0, said)
        self.assertIn("byte for byte", said)
        self.assertIn("defiance:naddr1", said)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_it_works(self):
        self.assert_works()

    def test_it_works_without_a_network(self):
        trial = subprocess.run([*ALONE, "true"], capture_output=True, check=False)
        if trial.returncode != 0:
            self.skipTest("there are no user namespaces here")
        self.assert_works(*ALONE)

    def test_interrupted(self):
        process = self.start()
        process.stdout.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(list(self.folder.iterdir()), [])
        mine = str(self.folder).encode()
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.assertNotIn(mine, path.read_bytes())
            except OSError:
                continue

    def test_failure(self):
        process = subprocess.Popen([sys.executable, DEMONSTRATION, "/bin/false"], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=self.environment)
        said = process.communicate(timeout=20)[0]
        self.assertEqual(process.returncode, 1)
        self.assertIn("The relay failed", said)
        self.assertNotIn("Traceback", said)


if __name__ == "__main__":
    unittest.main()
