# SPDX-License-Identifier: MIT
"""The matrix of transfers that has to work in every network."""

import os

from defiance import (CHUNK, LOCAL_FILE, Broadcast, cli, make_file, start_relay, start_view)

LARGE = 300_000_000


class TransferMatrix:
    """Tests for a LabTestCase with the hosts a (broadcasts), b (views) and server (a relay)."""

    # What both sides are told beside the link.
    arguments = ()
    environment = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.relay = start_relay(cls.lab["server"])[1]

    def broadcast(self, path):
        return Broadcast(self.lab["a"], path, "--relay", self.relay, *self.arguments,
                         env=self.environment)

    def transfer(self, size, timeout=30):
        """One file crosses; it has to be the same on the other side."""
        source = make_file(self.lab["a"].home / f"file-{size}", size)
        output = self.lab["b"].home / f"got-{size}"
        before = self.lab.stats()
        broadcast = self.broadcast(source)
        view = start_view(self.lab["b"], broadcast.link, output, *self.arguments,
                          env=self.environment)
        view.expect_exit(0, timeout)
        complete = view.events("complete")
        self.assertEqual(len(complete), 1)
        self.assertEqual(complete[0]["bytes"], size)
        self.assertEqual(os.path.realpath(complete[0]["path"]), os.path.realpath(output))
        self.assert_same_file(source, output)
        self.assertEqual([p.name for p in self.lab["b"].home.glob("got-*.part*")], [])
        source.unlink()
        output.unlink()
        return before, self.lab.stats()

    def test_empty_file_is_refused(self):
        path = make_file(self.lab["a"].home / "empty", 0)
        program = self.lab["a"].start(cli(), "broadcast", path, "--relay", self.relay)
        self.assert_fails(program, LOCAL_FILE, "empty")

    def test_one_byte(self):
        self.transfer(1)

    def test_one_chunk(self):
        self.transfer(CHUNK)

    def test_one_chunk_and_a_byte(self):
        self.transfer(CHUNK + 1)
