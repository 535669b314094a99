#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Broadcasters and viewers that are killed, interrupted and cut off half-way: nothing is lost."""

import signal

from defiance import INTERRUPTED, Broadcast, LabTestCase, main, make_file, start_relay, start_view
from lab import Lab

SIZE = 8_000_000


class InterruptionTest(LabTestCase):
    """At 40 Mbit/s the file takes more than a second and a half, enough to be met half-way."""

    @classmethod
    def make_lab(cls):
        return Lab.plain({"a": "rate=40mbit,delay=5ms", "b": "", "server": ""})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.relay_program, cls.relay = start_relay(cls.lab["server"])

    def setUp(self):
        name = self.id().rsplit(".", 1)[-1]
        self.source = make_file(self.lab["a"].home / name, SIZE, seed=name)
        self.output = self.lab["b"].home / name
        self.broadcast = self.start_broadcast()

    def start_broadcast(self):
        return Broadcast(self.lab["a"], self.source, "--relay", self.relay)

    def view(self):
        return start_view(self.lab["b"], self.broadcast.link, self.output)

    def wait_half_way(self, view):
        view.wait_event("progress", where=lambda event: event["bytes"] >= SIZE // 2)
        self.assertFalse(self.output.exists())

    def received(self):
        return self.lab.stats()["b"]["down"]["bytes"]

    def finish_from_what_is_there(self):
        before = self.received()
        self.view().expect_exit(0, 30)
        self.assert_same_file(self.source, self.output)
        self.assertLess(self.received() - before, SIZE * 3 // 4)

    def test_broadcaster_is_killed_and_comes_back(self):
        view = self.view()
        self.wait_half_way(view)
        self.broadcast.program.kill()
        before = self.received()
        view.wait_event("waiting", timeout=40)
        again = self.start_broadcast()
        self.assertEqual(again.link, self.broadcast.link)
        view.expect_exit(0, 60)
        self.assert_same_file(self.source, self.output)
        self.assertLess(self.received() - before, SIZE * 3 // 4)

    def test_viewer_is_killed(self):
        view = self.view()
        self.wait_half_way(view)
        view.kill()
        self.finish_from_what_is_there()

    def test_viewer_is_interrupted(self):
        view = self.view()
        self.wait_half_way(view)
        self.assertEqual(view.interrupt(), INTERRUPTED)
        self.finish_from_what_is_there()

    def test_broadcaster_is_interrupted(self):
        view = self.view()
        self.wait_half_way(view)
        self.assertEqual(self.broadcast.program.interrupt(), INTERRUPTED)
        view.wait_event("waiting", timeout=20)
        self.assertEqual(view.interrupt(), INTERRUPTED)
        self.broadcast = self.start_broadcast()
        self.finish_from_what_is_there()

    def test_broadcaster_comes_back_at_once(self):
        """Within the second in which it announced before."""
        for _ in range(3):
            self.broadcast.program.kill()
            again = self.start_broadcast()
            self.assertEqual(again.link, self.broadcast.link)
            self.broadcast = again
        self.view().expect_exit(0, 30)
        self.assert_same_file(self.source, self.output)

    def test_relay_is_gone_after_the_start(self):
        program, relay = start_relay(self.lab["server"], 7779)
        source = make_file(self.lab["a"].home / "without-relay", SIZE, seed="without-relay")
        link = Broadcast(self.lab["a"], source, "--relay", relay).link
        view = start_view(self.lab["b"], link, self.output)
        view.wait_event("progress", where=lambda event: event["bytes"] > 0)
        program.kill()
        view.expect_exit(0)
        self.assert_same_file(source, self.output)

    def test_short_blackout(self):
        view = self.view()
        self.wait_half_way(view)
        self.lab.set("b", "loss=100%")
        self.lab.sleep(3)
        self.lab.set("b", "loss=0")
        view.expect_exit(0)
        self.assert_same_file(self.source, self.output)

    def test_viewer_is_terminated(self):
        view = self.view()
        self.wait_half_way(view)
        view.send_signal(signal.SIGTERM)
        self.assertNotEqual(view.wait(), 0)
        self.finish_from_what_is_there()


if __name__ == "__main__":
    main()
