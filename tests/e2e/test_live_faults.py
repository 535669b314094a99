#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A live swarm whose paths go black, far and lossy: it plays on, and says how well it held."""

import os
import pathlib
import signal
import unittest

from defiance import main
from live import LiveTestCase

TRACES = pathlib.Path(os.environ.get("DFN_TRACES_DIR", "/nonexistent"))
HOME = "rate.up=1.5mbit,rate.down=50mbit,delay=10ms,loss=0"


class LiveFaultTest(LiveTestCase):
    """What happens, happens to one member of four; the player holds 2 s."""

    def disturb(self, seconds, steps, others=0, **limits):
        """others: records that the others may miss; limits: what the disturbed one may."""
        self.start(seconds)
        views = self.view(*self.names())
        self.lab.sleep(3)
        self.addCleanup(self.lab.set, "v2", HOME)
        for settings, pause in steps:
            self.lab.set("v2", settings)
            self.lab.sleep(pause)
        self.finish([view for view in views if view.host.name != "v2"], missed=others,
                    timeout=seconds + 15)
        self.finish([view for view in views if view.host.name == "v2"], **limits)

    def test_blackout(self):
        """1.5 s in which nothing passes."""
        self.disturb(14, [("loss=100%", 1.5), ("loss=0", 0)], others=100,
                     stalls=1, missed=150)

    def test_steps_of_delay(self):
        self.disturb(20, [("delay=310ms", 3), ("delay=510ms", 3), ("delay=10ms", 3)],
                     others=150, stalls=1, missed=300)

    def test_heavy_loss(self):
        self.disturb(24, [("loss=20%", 10), ("loss=0", 0)], others=150, stalls=1, missed=300)

    def test_frozen_viewer(self):
        """It was away for 10 s, and goes on with what there is."""
        self.start(26)
        views = self.view(*self.names())
        self.lab.sleep(3)
        views[1].program.send_signal(signal.SIGSTOP)
        self.lab.sleep(10)
        views[1].program.send_signal(signal.SIGCONT)
        self.finish([views[0], *views[2:]])
        self.finish([views[1]], stalls=3, missed=1200)

    def test_relay_is_gone_after_the_join(self):
        self.start(12)
        views = self.view("v1", "v2", "v3")
        self.lab.sleep(2)
        self.relay_program.kill()
        self.finish(views)

    def test_frozen_and_unplugged_members(self):
        self.start(14)
        views = self.view(*self.names())
        self.lab.sleep(3)
        views[0].program.send_signal(signal.SIGSTOP)
        self.lab.set("v2", "rate=0")
        self.addCleanup(self.lab.set, "v2", "rate.up=1.5mbit,rate.down=50mbit")
        # Half of the members are gone at once, with what they alone had.
        self.finish(views[2:], missed=400)

    @unittest.skipUnless(TRACES.is_dir(), "there are no recorded traces in DFN_TRACES_DIR")
    def test_recorded_rates(self):
        """The downlink of one follows a recording whose mean is above the stream's rate."""
        trace = sorted((TRACES / "fcc_broadband").glob("*.txt"))[0]
        self.disturb(40, [(f"trace.down={trace}", 0)], others=150, stalls=3, missed=400)


if __name__ == "__main__":
    main()
