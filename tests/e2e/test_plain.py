#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Transfers between two hosts that reach each other directly."""

import re

from defiance import (INTERRUPTED, Broadcast, LabTestCase, cli, main, make_file, start_relay,
                      start_view)
from lab import Lab
from transfers import LARGE, TransferMatrix


class PlainTest(TransferMatrix, LabTestCase):
    @classmethod
    def make_lab(cls):
        return Lab.plain({"a": "delay=2ms", "b": "", "server": ""})

    def test_large_file(self):
        self.transfer(LARGE, 120)

    def test_output_for_people(self):
        source = make_file(self.lab["a"].home / "holiday.mkv", 100_000)
        broadcast = self.lab["a"].start(cli(), "broadcast", source, "--title", "A holiday",
                                        "--relay", self.relay)
        link = broadcast.wait_line("", stream="stdout").string
        self.assertTrue(re.fullmatch("defiance:naddr1[a-z0-9]+", link), link)
        browse = self.lab["b"].run(cli(), "browse", "--relay", self.relay)
        self.assertIn("A holiday", browse.text("stdout"))
        self.assertIn(link, browse.text("stdout"))
        # Without --output the file gets the name it was announced with, in the present folder.
        view = start_view(self.lab["b"], link, None, json=False)
        view.expect_exit(0)
        self.assert_same_file(source, self.lab["b"].home / "holiday.mkv")
        self.assertEqual(broadcast.interrupt(), INTERRUPTED)

    def test_two_viewers_at_once(self):
        source = make_file(self.lab["a"].home / "both", 20_000_000)
        link = self.broadcast(source).link
        views = [start_view(self.lab[name], link, self.lab[name].home / "got-both")
                 for name in ("b", "server")]
        for view in views:
            view.expect_exit(0, 60)
        for name in ("b", "server"):
            self.assert_same_file(source, self.lab[name].home / "got-both")

    def test_again_is_complete_at_once(self):
        source = make_file(self.lab["a"].home / "again", 3_000_000)
        output = self.lab["b"].home / "got-again"
        link = self.broadcast(source).link
        for _ in range(2):
            start_view(self.lab["b"], link, output).expect_exit(0)
            self.assert_same_file(source, output)

    def test_to_standard_output(self):
        """A recording goes through a pipe, in order; a reader who leaves early ends it."""
        source = make_file(self.lab["a"].home / "piped", 5_000_000)
        link = self.broadcast(source).link
        copy = self.lab["b"].home / "got-piped"
        shell = 'set -o pipefail; "$0" view "$1" --output - --quiet | '
        piped = self.lab["b"].start("bash", "-c", shell + 'cat > "$2"', cli(), link, copy)
        piped.expect_exit(0, 60)
        self.assert_same_file(source, copy)
        early = self.lab["b"].start("bash", "-c", shell + "head -c 100000 | wc -c", cli(), link)
        early.expect_exit(141, 60)
        self.assertEqual(early.text("stdout").strip(), "100000")
        cache = self.lab["b"].home / "cache" / "defiance"
        self.assertEqual(list(cache.iterdir()), [])


class Ipv6Test(LabTestCase):
    @classmethod
    def make_lab(cls):
        return Lab.plain({name: "ipv4=0" for name in ("a", "b", "server")})

    def test_without_ipv4(self):
        relay = start_relay(self.lab["server"])[1]
        source = make_file(self.lab["a"].home / "six", 1_000_000)
        link = Broadcast(self.lab["a"], source, "--relay", relay).link
        start_view(self.lab["b"], link, self.lab["b"].home / "got-six").expect_exit(0)
        self.assert_same_file(source, self.lab["b"].home / "got-six")


if __name__ == "__main__":
    main()
