#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Members that pollute, replay, claim, refuse and flood: the others get the right bytes."""

import time

from defiance import main, make_file
from hostile import HostileTestCase

SIZE = 4_000_000


class HostileMemberTest(HostileTestCase):
    """Two of five members attack."""

    viewers = 5

    def attack(self, kind, seconds):
        source = make_file(self.lab["source"].home / self.name, SIZE, seed=self.name)
        broadcast = self.broadcast(source)
        for name in ("v1", "v2"):
            self.member(name, broadcast.link, kind)
        members = [self.member(name, broadcast.link) for name in ("v3", "v4", "v5")]
        started = time.monotonic()
        self.watch([*members, broadcast.program], seconds, until=members)
        print(f"    {time.monotonic() - started:.1f} s", end="")
        for member in members:
            self.assertTrue(member.events("complete"))
            self.assert_same_file(source, member.output)

    def test_polluters(self):
        self.attack("pollute", 30)

    def test_replayers(self):
        self.attack("replay", 30)

    def test_claimers(self):
        self.attack("claim", 40)

    def test_free_riders(self):
        self.attack("refuse", 30)

    def test_flood(self):
        self.attack("flood", 40)


if __name__ == "__main__":
    main()
