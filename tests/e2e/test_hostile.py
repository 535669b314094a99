#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Peers that pollute, replay, claim, refuse and flood: an honest one gets the right bytes, or none,
and its memory stays bounded."""

from defiance import CHUNK, INTEGRITY, main, make_file
from hostile import HostileTestCase
from swarm import hostile_peer

# All chunks have one size, so that any may be replayed for any other.
SIZE = 16 * CHUNK


class HostileBroadcasterTest(HostileTestCase):
    """The only one who has the file does not want it to arrive; and a viewer who floods."""

    viewers = 1

    def attack(self, kind):
        """The viewer of a file whose broadcaster attacks."""
        source = make_file(self.lab["source"].home / self.name, SIZE, seed=self.name)
        broadcast = self.lab["source"].start(hostile_peer(), "broadcast", source, "--json",
                                             "--relay", self.relay, env={"DFN_ATTACK": kind})
        return self.member("v1", broadcast.wait_event("link")["link"], share=False)

    def test_polluter(self):
        viewer = self.attack("pollute")
        self.assert_fails(viewer, INTEGRITY, "nothing of it was kept")
        self.assertFalse(viewer.output.exists())

    def test_replayer(self):
        """The first chunk is the right one once; nothing else is ever accepted."""
        viewer = self.attack("replay")
        self.assert_fails(viewer, INTEGRITY, "nothing of it was kept")
        self.assertLessEqual(max(e["bytes"] for e in viewer.events("progress")), CHUNK)

    def get_nothing(self, kind):
        viewer = self.attack(kind)
        self.watch([viewer], 3)
        self.assertEqual(viewer.events("complete"), [])
        self.assertFalse(viewer.output.exists())

    def test_claimer(self):
        self.get_nothing("claim")

    def test_refuser(self):
        self.get_nothing("refuse")

    def test_flood(self):
        source = make_file(self.lab["source"].home / self.name, SIZE, seed=self.name)
        broadcast = self.broadcast(source)
        flooder = self.member("v1", broadcast.link, "flood", share=False)
        peak = self.watch([broadcast.program], 4)
        print(f"    {self.sent('v1')} bytes of flood, {peak} kB at its receiver", end="")
        self.assertGreater(self.sent("v1"), 2_000_000)
        flooder.kill()
        viewer = self.member("v1", broadcast.link, share=False)
        viewer.expect_exit(0, 20)
        self.assert_same_file(source, viewer.output)


if __name__ == "__main__":
    main()
