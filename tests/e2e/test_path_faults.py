#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A transfer goes on whatever its path goes through, and arrives whole."""

import os
import pathlib
import signal
import time

from defiance import (Broadcast, LabTestCase, main, make_file, start_relay, start_view)
from lab import Lab

RATE_MBIT = 8
SIZE = 12_000_000
TRACES = pathlib.Path(os.environ.get("DFN_TRACES_DIR", "/nonexistent"))

# Recordings whose rate changes much, of three kinds of access.
TRACE_FOLDERS = ("mahimahi_up", "hsdpa_3g_norway", "fcc_broadband")


class PathFaultTest(LabTestCase):
    """At 8 Mbit/s the file takes 12 s: what happens, happens in the midst of it."""

    @classmethod
    def make_lab(cls):
        return Lab.plain({"a": f"rate={RATE_MBIT}mbit,delay=10ms", "b": "delay=10ms", "server": ""})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.relay = start_relay(cls.lab["server"])[1]

    def setUp(self):
        self.name = self.id().rsplit(".", 1)[-1]
        self.start(SIZE)

    def start(self, size):
        self.source = make_file(self.lab["a"].home / self.name, size, seed=self.name)
        self.output = self.lab["b"].home / self.name
        self.broadcast = Broadcast(self.lab["a"], self.source, "--relay", self.relay)
        self.started = time.monotonic()
        self.view = start_view(self.lab["b"], self.broadcast.link, self.output)
        self.view.wait_event("progress", where=lambda event: event["bytes"] >= size // 5)

    def finish(self, seconds):
        """All has to be there, so many seconds after the start."""
        self.view.expect_exit(0, max(1, seconds - (time.monotonic() - self.started)))
        print(f"    {time.monotonic() - self.started:.1f} s", end="")
        self.assert_same_file(self.source, self.output)

    def tearDown(self):
        self.lab.set("a", f"rate={RATE_MBIT}mbit,delay=10ms,loss=0")
        self.source.unlink()

    def test_blackout(self):
        """For 1.5 s nothing passes, and what waits is late rather than lost."""
        self.lab.set("a", "rate=0")
        self.lab.sleep(1.5)
        self.lab.set("a", f"rate={RATE_MBIT}mbit")
        self.finish(25)
        self.assertEqual(self.view.events("waiting"), [])

    def test_steps_of_delay(self):
        for delay in (310, 510, 10):
            self.lab.set("a", f"delay={delay}ms")
            self.lab.sleep(2)
        self.finish(30)
        self.assertEqual(self.view.events("waiting"), [])

    def test_heavy_loss(self):
        """A fifth of all packets is lost, in both directions, for 10 s."""
        self.lab.set("a", "loss=20%")
        self.lab.sleep(10)
        self.lab.set("a", "loss=0")
        self.finish(45)

    def test_broadcaster_is_frozen(self):
        self.broadcast.program.send_signal(signal.SIGSTOP)
        self.lab.sleep(10)
        self.broadcast.program.send_signal(signal.SIGCONT)
        self.finish(50)

    def test_viewer_is_frozen(self):
        self.view.send_signal(signal.SIGSTOP)
        self.lab.sleep(10)
        self.view.send_signal(signal.SIGCONT)
        self.finish(50)

    def test_viewer_changes_its_address(self):
        """As a laptop does that goes from one network to another."""
        host = self.lab["b"]
        moved = f"{host.ipv4.rpartition('.')[0]}.5"
        change = "ip addr del {}/16 dev eth0; ip addr add {}/16 dev eth0"
        host.shell(change.format(host.ipv4, moved))
        self.addCleanup(host.shell, change.format(moved, host.ipv4))
        self.finish(25)  # the connection goes on over a new path


class TraceTest(LabTestCase):
    """The viewer's link follows recordings of real ones."""

    @classmethod
    def make_lab(cls):
        return Lab.plain({"a": "delay=10ms", "b": "delay=20ms", "server": ""})

    def setUp(self):
        if not TRACES.is_dir():
            self.skipTest("there are no recorded traces in the folder DFN_TRACES_DIR")

    def test_recorded_rates(self):
        relay = start_relay(self.lab["server"])[1]
        for kind in TRACE_FOLDERS:
            trace = sorted((TRACES / kind).glob("*.txt"))[0]
            source = make_file(self.lab["a"].home / kind, 4_000_000, seed=kind)
            broadcast = Broadcast(self.lab["a"], source, "--relay", relay)
            self.lab.set("b", f"trace.down={trace}")
            started = time.monotonic()
            output = self.lab["b"].home / kind
            view = start_view(self.lab["b"], broadcast.link, output)
            view.expect_exit(0, 100)
            took = time.monotonic() - started
            possible = carried(trace, took)
            print(f"    {kind}: {took:.1f} s, {4.0 / possible:.2f} of what the link could carry")
            self.assert_same_file(source, output)
            broadcast.program.kill()


def carried(trace, seconds):
    """Megabytes that a recorded link lets through in its first seconds."""
    samples = [tuple(map(float, line.split())) for line in trace.read_text().splitlines() if line]
    ends = [start for start, _ in samples[1:]] + [float("inf")]
    return sum(rate * (min(end, seconds) - start) / 8
               for (start, rate), end in zip(samples, ends) if start < seconds)


if __name__ == "__main__":
    main()
