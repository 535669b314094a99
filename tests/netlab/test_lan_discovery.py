#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Relays are found on a switch with nothing else on it: no server, no router, no DNS."""

import os
import unittest

from lab import Lab

LAN_NODE = os.environ["LAN_NODE"]


def node(host, *argv):
    program = host.start(LAN_NODE, *argv, name=f"{host.name}/{argv[0]}")
    program.wait_line("^ready")
    return program


class LanDiscoveryTest(unittest.TestCase):
    def test_found_and_lost(self):
        with Lab.lan(["a", "b"]) as lab:
            for host in ("a", "b"):
                # Nobody's switch at home sets this route for its computers.
                lab[host].shell("ip route del 224.0.0.0/4 dev eth0")
            url = f"ws://{lab['a'].ipv4}:7777"
            announcer = node(lab["a"], "announce", "7777")
            browser = node(lab["b"], "browse")
            browser.wait_line(f"^found {url}$", timeout=3)
            self.assertEqual(announcer.interrupt(), 0)
            browser.wait_line(f"^lost {url}$", timeout=3)
            # And again, now that the browser is already there.
            node(lab["a"], "announce", "7778")
            browser.wait_line(f"^found ws://{lab['a'].ipv4}:7778$", timeout=3)
            self.assertEqual(browser.text().count("found"), 2)

    def test_each_other(self):
        with Lab.lan(["a", "b"]) as lab:
            nodes = {name: node(lab[name], "both", "7777") for name in ("a", "b")}
            nodes["a"].wait_line(f"^found ws://{lab['b'].ipv4}:7777$", timeout=3)
            nodes["b"].wait_line(f"^found ws://{lab['a'].ipv4}:7777$", timeout=3)
            for name, program in nodes.items():
                self.assertNotIn(f"found ws://{lab[name].ipv4}:", program.text())

    def test_network_comes_later(self):
        with Lab.lan(["a", "b"]) as lab:
            lab["b"].shell("ip link set eth0 down")
            node(lab["a"], "announce", "7777")
            browser = node(lab["b"], "browse")
            self.assertIn("ready 0", browser.text())
            lab["b"].shell("ip link set eth0 up")
            browser.wait_line(f"^found ws://{lab['a'].ipv4}:7777$", timeout=8)
            lab["b"].shell("ip link set eth0 down")
            browser.wait_line(f"^lost ws://{lab['a'].ipv4}:7777$", timeout=8)
            self.assertTrue(browser.running)

    def test_no_network(self):
        with Lab.plain({"a": "bare=1"}) as lab:
            program = node(lab["a"], "both", "7777")
            self.assertIn("ready 0", program.text())
            self.assertEqual(program.interrupt(), 0)


if __name__ == "__main__":
    Lab.skip_unless_possible()
    unittest.main(verbosity=2)
