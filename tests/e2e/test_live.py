#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Live streams between homes: what comes out of a viewer's pipe is what went into the broadcaster's."""

import pathlib
import sys
import time

from defiance import NOT_FOUND, LabTestCase, cli, main, start_relay
from lab import Lab

PACKET = 188
DELAY_MS = 10  # of each link; a round trip between two hosts crosses four
ROUND_TRIP_S = 4 * DELAY_MS / 1000
VIEWERS = ("b", "c", "d")


def is_key_frame(data):
    """Whether it begins with PAT, PMT and a packet that a decoder can begin with."""
    pids = [(data[at + 1] & 0x1f) << 8 | data[at + 2] for at in (0, PACKET, 2 * PACKET)]
    return pids == [0, 0x1000, 0x100] and data[2 * PACKET + 5] & 0x40


class LiveTest(LabTestCase):
    @classmethod
    def make_lab(cls):
        return Lab.plain({name: f"delay={DELAY_MS}ms" for name in ("a", "server", *VIEWERS)})

    def setUp(self):
        self.relay = start_relay(self.lab["server"])[1]

    def broadcast(self, seconds, name):
        """The running program, its link, and the file with what it was given."""
        host = self.lab["a"]
        copy = host.home / f"{name}-{time.monotonic()}.ts"
        source = pathlib.Path(__file__).with_name("ts_source.py")
        program = host.start(
            "sh", "-c", f'"$1" "$2" {seconds} "$3" | exec "$4" broadcast --live - --json '
            '--relay "$5" --identifier "$6"', "sh", sys.executable, source, copy, cli(), self.relay,
            name, name="a/broadcast")
        return program, program.wait_event("link")["link"], copy

    def view(self, name, link, output=None):
        """A viewer whose standard output goes to a file; events are on standard error."""
        host = self.lab[name]
        path = host.home / (output or f"{name}-{time.monotonic()}.ts")
        program = host.start("sh", "-c", 'exec "$1" view "$2" --output - --json >"$3"', "sh", cli(),
                             link, path, name=f"{name}/view")
        program.path = path
        return program

    def events(self, program, name):
        found = [line.json() for line in list(program.lines) if line.stream == "stderr"]
        return [event for event in found if event and event["event"] == name]

    def wait_until(self, condition, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, "waited too long")
            time.sleep(0.05)

    def size(self, program):
        return program.path.stat().st_size if program.path.exists() else 0

    def test_three_viewers(self):
        broadcaster, link, copy = self.broadcast(12, "three")
        viewers = [self.view(name, link) for name in VIEWERS]
        for viewer in viewers:
            viewer.expect_exit(0, 40)
        broadcaster.expect_exit(0, 20)
        given = copy.read_bytes()
        for viewer in viewers:
            got = viewer.path.read_bytes()
            joined = self.events(viewer, "joined")[0]["seconds"]
            print(f"    joined after {1000 * joined:.0f} ms", file=sys.stderr)
            self.assertGreater(len(got), len(given) // 3)
            self.assertTrue(given.endswith(got), "what came out is not what went in")
            self.assertTrue(is_key_frame(got))
            last = self.events(viewer, "live")[-1]
            self.assertEqual((last["missed"], last["invalid"], last["stalls"]), (0, 0, 0))

    def test_broadcaster_is_killed_and_comes_back(self):
        broadcaster, link, _ = self.broadcast(60, "back")
        viewer = self.view("b", link)
        self.wait_until(lambda: self.size(viewer) > 100_000)
        broadcaster.kill()
        self.wait_until(lambda: {"event": "state", "state": "waiting"}
                        in self.events(viewer, "state"), 20)
        before = self.size(viewer)
        again, link_again, copy = self.broadcast(10, "back")
        self.assertEqual(link_again, link)
        viewer.expect_exit(0, 60)
        again.expect_exit(0, 20)
        tail = viewer.path.read_bytes()[before:]
        start = next((at for at in range(0, len(tail) - 3 * PACKET, PACKET)
                      if copy.read_bytes().endswith(tail[at:])), None)
        self.assertIsNotNone(start, "what came after the break is not the new stream")
        self.assertGreater(len(tail) - start, 500_000)
        self.assertTrue(is_key_frame(tail[start:]))

    def test_reader_leaves(self):
        """As head does: the viewer ends, too, without an error."""
        _, link, _ = self.broadcast(20, "leave")
        viewer = self.lab["b"].start("sh", "-c", '"$1" view "$2" --output - | head -c 10000 >/dev/null',
                                     "sh", cli(), link, name="b/view")
        self.assertEqual(viewer.wait(20), 0)
        self.assertNotIn("CRITICAL", viewer.text())

    def test_browse_and_late(self):
        broadcaster, link, _ = self.broadcast(4, "browse")
        listed = self.lab["c"].run(cli(), "browse", "--relay", self.relay)
        line = next(row for row in listed.text("stdout").splitlines() if link[-20:] in row)
        self.assertIn("LIVE", line)
        broadcaster.expect_exit(0, 20)
        late = self.lab["b"].start(cli(), "view", link, "--output", "-", name="b/late")
        self.assert_fails(late, NOT_FOUND, "ended")


if __name__ == "__main__":
    main()
