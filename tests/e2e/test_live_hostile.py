#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A live swarm with members that pollute, replay, claim, take only, or flood: the others play on, and
play nothing that the broadcaster did not say."""

from defiance import main
from live import LiveTestCase
from livestream import LiveView
from swarm import anonymous_kb, hostile_peer

MEMORY_KB = 80_000


class LiveHostileTest(LiveTestCase):
    """Two of six members attack; the source could feed two."""

    viewers = 6

    def attack(self, kind, missed=150, stalls=0):
        """Nothing stands still; a busy machine costs some chunks beside what the attack costs."""
        self.start(16)
        for name in ("v5", "v6"):
            LiveView(self.lab[name], hostile_peer(), self.link, env={"DFN_ATTACK": kind})
        views = self.view("v1", "v2", "v3", "v4")
        self.lab.sleep(8)
        for program in (self.live.program, *(view.program for view in views)):
            self.assertTrue(program.running)
            self.assertLess(anonymous_kb(program), MEMORY_KB)
        for view in views:
            # Gaps may tear a record; what is whole is right, or the checker would not take it.
            self.assertLess(view.latest()["torn_bytes"], 40_000)
        self.finish(views, missed=missed, stalls=stalls)

    def test_polluters(self):
        self.attack("pollute")

    def test_replayers(self):
        self.attack("replay")

    def test_claimers(self):
        self.attack("claim")

    def test_free_riders(self):
        self.attack("refuse")

    def test_flood(self):
        self.attack("flood")


if __name__ == "__main__":
    main()
