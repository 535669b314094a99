#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A file from one home to several, which pass on what they have: whoever goes, it arrives."""

import signal
import time

from defiance import main, make_file
from swarm import SwarmTestCase

SIZE = 3_000_000


class FileTestCase(SwarmTestCase):
    size = SIZE

    def setUp(self):
        super().setUp()
        self.source = make_file(self.lab["source"].home / self.name, self.size, seed=self.name)
        self.broadcaster = self.broadcast(self.source)
        self.started = time.monotonic()

    def join(self, *names, attack=None):
        return [self.member(name, self.broadcaster.link, attack) for name in names]

    def wait_for_share(self, program, share):
        program.wait_event("progress", where=lambda event: event["bytes"] >= share * SIZE)

    def finish(self, members, seconds):
        """All of them have the right bytes, so many seconds after the start."""
        for member in members:
            left = seconds - (time.monotonic() - self.started)
            member.wait_event("complete", timeout=max(1, left))
            self.assert_same_file(self.source, member.output)


class SwarmFileTest(FileTestCase):
    def test_broadcaster_is_gone(self):
        """Three hold the file, and a newcomer finishes."""
        self.finish(self.join("v1", "v2", "v3"), 15)
        self.broadcaster.program.kill()
        self.started = time.monotonic()
        before = self.sent("source")
        self.finish(self.join("v4"), 15)
        # Its computer may still say that nobody is there.
        self.assertLess(self.sent("source"), before + 10_000)

    def test_relay_is_gone_after_the_join(self):
        members = self.join("v1", "v2", "v3")
        for member in members:
            self.wait_for_share(member, 0.1)
        self.relay_program.kill()
        self.finish(members, 16)

    def test_members_are_killed_frozen_and_unplugged(self):
        members = self.join(*self.names())
        for member in members:
            self.wait_for_share(member, 0.1)
        members[0].kill()
        members[1].send_signal(signal.SIGSTOP)
        self.lab.set("v3", "rate=0")
        self.finish(members[3:], 16)
        self.lab.set("v3", "rate.up=8mbit,rate.down=50mbit")
        members[1].send_signal(signal.SIGCONT)


class SharingTest(FileTestCase):
    """Until its viewers have met, a source gives to each; so this takes a file that lasts longer."""

    size = 3 * SIZE

    def test_members_serve_each_other(self):
        """The source alone would send four copies; it would need 36 s for that."""
        self.finish(self.join(*self.names()), 60)
        self.assertLess(self.sent("source") / self.size, 2.5)


if __name__ == "__main__":
    main()
