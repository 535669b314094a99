#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A switch and two computers: no server, no configuration, no other argument than the link."""

from defiance import (CHUNK, NETWORK, NOT_FOUND, Broadcast, LabTestCase, cli, main, make_file,
                      start_view)
from lab import Lab


class LanTest(LabTestCase):
    @classmethod
    def make_lab(cls):
        return Lab.lan(["a", "b", "c"])

    def test_view_finds_the_broadcaster(self):
        source = make_file(self.lab["a"].home / "film.mkv", 5 * CHUNK + 7)
        link = Broadcast(self.lab["a"], source).link
        output = self.lab["b"].home / "got-film"
        start_view(self.lab["b"], link, output).expect_exit(0)
        self.assert_same_file(source, output)

    def test_browse_lists_what_is_shared(self):
        for name in ("a", "b"):
            source = make_file(self.lab[name].home / "shared", 1000)
            Broadcast(self.lab[name], source, "--title", f"What {name} shares")
        browse = self.lab["c"].run(cli(), "browse")
        self.assertIn("What a shares", browse.text("stdout"))
        self.assertIn("What b shares", browse.text("stdout"))

    def test_broadcaster_is_killed_and_comes_back(self):
        """Its relay goes with it, and the new one has to be found again."""
        size = 200_000_000
        source = make_file(self.lab["a"].home / "later", size)
        first = Broadcast(self.lab["a"], source)
        output = self.lab["b"].home / "got-later"
        view = start_view(self.lab["b"], first.link, output)
        view.wait_event("progress", where=lambda event: event["bytes"] >= size // 10)
        first.program.kill()
        view.wait_event("waiting", timeout=40)
        again = Broadcast(self.lab["a"], source)
        self.assertEqual(again.link, first.link)
        view.expect_exit(0, 60)
        self.assert_same_file(source, output)

    def test_nobody_is_there(self):
        source = make_file(self.lab["a"].home / "gone", CHUNK)
        first = Broadcast(self.lab["a"], source)
        first.program.interrupt()
        view = start_view(self.lab["b"], first.link, self.lab["b"].home / "got-gone", json=False)
        self.assert_fails(view, (NOT_FOUND, NETWORK))


if __name__ == "__main__":
    main()
