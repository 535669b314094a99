#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Relays that are down, slow, silent or lie: an error, or no harm where another one is good."""

import pathlib
import time

from defiance import (INTEGRITY, NETWORK, NOT_FOUND, Broadcast, LabTestCase, cli, main, make_file,
                      start_fake_relay, start_relay, start_view)
from entities import AUTHOR_KEY, SHARED_FILE, naddr
from lab import Lab

# What fake_relay.py can play.
MODES = ("silent", "refuse", "mute", "liar", "huge", "flood", "garbage")

# What a viewer may hold however much a relay sends, in kilobytes.
MEMORY_KB = 150_000


def peak_memory_kb(program):
    """The most memory a running program has held; 0 when it has ended."""
    try:
        status = pathlib.Path(f"/proc/{program.pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(next((l.split()[1] for l in status.splitlines() if l.startswith("VmHWM")), 0))


class BadRelayTest(LabTestCase):
    @classmethod
    def make_lab(cls):
        return Lab.plain({"a": "", "b": "", "server": "", "bad": ""})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.relay = start_relay(cls.lab["server"])[1]
        cls.down = f"ws://{cls.lab['bad'].ipv4}:9"

    def share(self, *relays, name=None, wait=True):
        # Equal content would be the same broadcast again.
        name = name or self.id()
        source = make_file(self.lab["a"].home / name, 300_000, seed=name)
        words = [word for relay in relays for word in ("--relay", relay)]
        return source, Broadcast(self.lab["a"], source, *words, wait=wait)

    def view(self, link, *relays):
        words = [word for relay in relays for word in ("--relay", relay)]
        return start_view(self.lab["b"], link, self.lab["b"].home / self.id(), *words)

    def test_all_relays_are_down(self):
        source = make_file(self.lab["a"].home / "down", 1000)
        program = self.lab["a"].start(cli(), "broadcast", source, "--relay", self.down)
        program.wait_line(f"{self.lab['bad'].ipv4}:9")
        browse = self.lab["b"].start(cli(), "browse", "--relay", self.down)
        self.assert_fails(browse, NETWORK, self.lab["bad"].ipv4)

    def test_bad_relays_beside_a_good_one(self):
        shares, views = [], []
        for port, mode in enumerate(MODES, 8001):
            bad = start_fake_relay(self.lab["bad"], mode, port)
            shares.append(self.share(bad, self.relay, name=mode, wait=False))
        shares.append(self.share(self.down, self.relay, name="down", wait=False))
        for source, broadcast in shares:
            output = self.lab["b"].home / source.name
            views.append((source, output, start_view(self.lab["b"], broadcast.link, output)))
        for source, output, view in views:
            with self.subTest(mode=output.name):
                view.expect_exit(0, 45)
                self.assert_same_file(source, output)

    def test_bad_relays_alone(self):
        """Nobody else is asked: an error, within the time that a person waits."""
        views, peaks = {}, {}
        for port, mode in enumerate(MODES, 8101):
            relay = start_fake_relay(self.lab["bad"], mode, port)
            link = "defiance:" + naddr("x", AUTHOR_KEY, SHARED_FILE, [relay])
            views[mode] = start_view(self.lab["b"], link, self.lab["b"].home / "never")
        deadline = time.monotonic() + 45
        while any(view.running for view in views.values()) and time.monotonic() < deadline:
            for mode, view in views.items():
                peaks[mode] = max(peaks.get(mode, 0), peak_memory_kb(view))
            self.lab.sleep(0.1)
        for mode, view in views.items():
            with self.subTest(mode=mode):
                self.assert_fails(view, (NOT_FOUND, NETWORK), timeout=0)
                self.assertLess(peaks[mode], MEMORY_KB)

    def test_liar_alone(self):
        bad = start_fake_relay(self.lab["bad"], "liar", 8106)
        _, broadcast = self.share(bad)
        view = self.view(broadcast.link)
        self.assert_fails(view, (NOT_FOUND, NETWORK, INTEGRITY), timeout=60)
        self.assertNotIn("a lie", view.text())
        browse = self.lab["b"].start(cli(), "browse", "--relay", bad)
        browse.wait(60)
        self.assertNotIn("a lie", browse.text())

    def test_slow_relay(self):
        self.lab.set("server", "delay=400ms,rate=64kbit")
        try:
            source, broadcast = self.share(self.relay)
            self.view(broadcast.link).expect_exit(0, 60)
            self.assert_same_file(source, self.lab["b"].home / self.id())
        finally:
            self.lab.set("server", "delay=0,rate=unlimited")


if __name__ == "__main__":
    main()
