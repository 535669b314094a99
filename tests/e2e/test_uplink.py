#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many links on one uplink: others keep their place, and a limit is kept."""

import pathlib
import sys
import time
import unittest

from defiance import Broadcast, main, make_file, start_relay, start_view

# What the benchmark measures for longer.
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))

from uplinks import UplinkLab, measure  # noqa: E402


class UplinkTest(unittest.TestCase):
    """The bounds are those of the full measurement, with room for a busy machine."""

    def test_alone(self):
        result = measure(4, settle=4)
        print(result.growth(0.5), result.growth(0.95), result.used, file=sys.stderr)
        self.assertLess(result.growth(0.5), 50)
        self.assertLess(result.lost, 5)
        self.assertGreater(result.used, 0.9)

    def test_beside_tcp(self):
        result = measure(6, "cubic", settle=6)
        print(result.tcp, result.used, file=sys.stderr)
        self.assertGreater(result.tcp, 0.35)
        self.assertGreater(result.used, 0.9)

    def test_limit(self):
        with UplinkLab() as lab:
            lab.start_links(4, "--limit", 500_000)
            time.sleep(2)
            before, started = lab.used(), time.monotonic()
            time.sleep(2)
            share = lab.share(before, started)
        print(share, file=sys.stderr)
        self.assertLess(share, 0.4 * 1.02)
        self.assertGreater(share, 0.4 * 0.8)

    def test_limit_of_a_broadcast(self):
        size = 2_000_000
        with UplinkLab() as lab:
            relay = start_relay(lab.lab["server"])[1]
            source = make_file(lab.lab["sender"].home / "file", size)
            broadcast = Broadcast(lab.lab["sender"], source, "--relay", relay, "--uplink", "4mbit")
            output = lab.lab["peers"].home / "got"
            started = time.monotonic()
            start_view(lab.lab["peers"], broadcast.link, output).expect_exit(0, 30)
            seconds = time.monotonic() - started
        print(seconds, file=sys.stderr)
        self.assertGreater(seconds, size / 500_000)
        self.assertLess(seconds, 2.5 * size / 500_000)


main()
