#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The generator and the checker of live streams: a fault is found, and none where there is none."""

import json
import os
import pathlib
import subprocess
import time
import unittest

RECORDS = os.environ.get("RECORDS") or str(
    pathlib.Path(__file__).resolve().parents[2] / "build/tests/netlab/records")
LENGTH = 1250


class RecordsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        started = time.monotonic()
        cls.stream = subprocess.run([RECORDS, "generate", "1", "1.5"], check=True,
                                    capture_output=True).stdout
        cls.took = time.monotonic() - started

    def check(self, *parts, buffer_ms=300):
        """What the checker says of bytes; a number among them is a pause of so many seconds."""
        checker = subprocess.Popen([RECORDS, "check", str(buffer_ms)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        for part in parts:
            if isinstance(part, float):
                time.sleep(part)
            else:
                checker.stdin.write(part)
                checker.stdin.flush()
        output = checker.communicate()[0].decode().splitlines()
        self.assertEqual(checker.returncode, 0)
        found = json.loads(output[-1])
        self.assertEqual(found["event"], "checked")
        return found

    def test_pace(self):
        self.assertEqual(len(self.stream), 150 * LENGTH)
        self.assertTrue(1.4 < self.took < 2.5, self.took)

    def test_whole_stream(self):
        found = self.check(self.stream)
        self.assertEqual((found["records"], found["missed"], found["torn_bytes"]), (150, 0, 0))
        self.assertEqual((found["stalls"], found["repeated"]), (0, 0))

    def test_joined_in_the_middle(self):
        found = self.check(self.stream[10 * LENGTH + 100:])
        self.assertEqual((found["first"], found["records"], found["missed"]), (11, 139, 0))
        self.assertEqual(found["torn_bytes"], LENGTH - 100)

    def test_gap(self):
        found = self.check(self.stream[:50 * LENGTH + 700], self.stream[60 * LENGTH + 900:])
        self.assertEqual((found["records"], found["missed"]), (139, 11))
        self.assertEqual(found["torn_bytes"], 700 + LENGTH - 900)

    def test_changed_byte(self):
        for place in (0, 9, 17, 25, 29, 40, LENGTH - 1):
            damaged = bytearray(self.stream)
            damaged[20 * LENGTH + place] ^= 4
            found = self.check(bytes(damaged))
            self.assertEqual((found["records"], found["missed"]), (149, 1), place)
            self.assertEqual(found["torn_bytes"], LENGTH)

    def test_repeated(self):
        found = self.check(self.stream[:30 * LENGTH], self.stream[20 * LENGTH:])
        self.assertEqual((found["repeated"], found["missed"]), (10, 0))

    def test_stall(self):
        half = 75 * LENGTH
        found = self.check(self.stream[:half], 0.2, self.stream[half:])
        self.assertEqual(found["stalls"], 0)
        found = self.check(self.stream[:half], 1.5, self.stream[half:])
        # The record after the pause was captured 0.75 s after the first, and the player held 0.3,
        # which it has to have again.
        self.assertEqual(found["stalls"], 1)
        self.assertTrue(650 < found["stalled_ms"] < 1200, found)


if __name__ == "__main__":
    unittest.main(verbosity=2)
