#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the commands make of live streams; the engine plays scripts."""

import json
import os
import unittest

from rehearsal import LIVE_LINK, CliTestCase

FINDING, CONNECTING, PLAYING, WAITING, ENDED = range(5)
ANNOUNCING, ON_AIR, ENDING, OVER = range(4)

SHOW = ["set title Evening show", "set type video/mp2t", "set path Evening show.ts",
        f"state {CONNECTING}", "report"]
PLAY = ["set join 250000", "set rate 187500", "set peers 3", "set lag 1500000", "set stalls 1",
        f"state {PLAYING}", "report"]
END = ["set written 3000000", f"state {ENDED}", "report"]
AIR = ["set title Evening show", "set link defiance:naddr1live", "set peers 2", "set rate 187500",
       f"state {ON_AIR}", "report"]
AIR_END = ["set made 3000000", "set sent 5000000", f"state {ENDING}", "report", f"state {OVER}",
           "report"]


class LiveViewTest(CliTestCase):
    def view(self, *argv):
        return self.rehearse("view", LIVE_LINK, *argv)

    def test_for_people(self):
        self.write_script(*SHOW, *PLAY, *END)
        result = self.view()
        self.assertEqual(result.code, 0)
        self.assertEqual(result.stdout, "Evening show.ts\n")
        self.assertIn("“Evening show” is live; it goes into “Evening show.ts”.", result.stderr)
        self.assertIn("The broadcast has ended; 3.0 MB of it were received.", result.stderr)

    def test_json(self):
        self.write_script(*SHOW, *PLAY, *END)
        result = self.view("--json")
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.assertEqual([e["state"] for e in result.events("state")],
                         ["finding", "connecting", "playing", "ended"])
        self.assertEqual(result.events("stream"),
                         [{"event": "stream", "title": "Evening show", "type": "video/mp2t",
                           "path": "Evening show.ts"}])
        self.assertEqual(result.events("joined"), [{"event": "joined", "seconds": 0.25}])
        # The first at once, the last at the end.
        first, last = result.events("live")
        self.assertEqual((first["peers"], first["rate"], first["lag"], first["stalls"]),
                         (3, 187500, 1.5, 1))
        complete, = result.events("complete")
        self.assertEqual(complete["bytes"], 3000000)
        self.assertEqual(complete["path"], os.path.realpath(self.home / "Evening show.ts"))

    def test_events_leave_standard_output_alone(self):
        """There the stream goes."""
        self.write_script("set title Evening show", f"state {CONNECTING}", "report", *PLAY, *END)
        result = self.view("--json", "--output", "-")
        self.assertEqual((result.code, result.stdout), (0, ""))
        events = [json.loads(line) for line in result.stderr.splitlines()]
        self.assertEqual([e["event"] for e in events if e["event"] != "live"][-1], "complete")
        self.assertIsNone(events[-1]["path"])

    def test_waiting(self):
        self.write_script(*SHOW, *PLAY, f"state {WAITING}", "set problem The peer is gone", "report",
                          *PLAY, *END)
        result = self.view()
        self.assertEqual(result.code, 0)
        self.assertIn("waiting for the broadcaster to come back", result.stderr)
        self.assertIn("It goes on.", result.stderr)
        self.assertNotIn("The peer is gone", result.stderr)

    def test_errors(self):
        for number, word, code in ((1, "not-found", 3), (2, "network", 4), (4, "file", 6)):
            with self.subTest(word=word):
                self.write_script(f"fail {number} It is so.", "report")
                result = self.view("--json")
                self.assertEqual(result.code, code)
                self.assertEqual(result.events("error")[0]["code"], word)


class LiveBroadcastTest(CliTestCase):
    def broadcast(self, *argv):
        return self.rehearse("broadcast", "--live", "-", *argv)

    def test_for_people(self):
        self.write_script(*AIR, *AIR_END)
        result = self.broadcast()
        self.assertEqual(result.code, 0)
        self.assertEqual(result.stdout, "defiance:naddr1live\n")
        self.assertIn("“Evening show” is on air.", result.stderr)
        self.assertIn("2 connected", result.stderr)
        self.assertIn("The input has ended", result.stderr)
        self.assertIn("a stream of 3.0 MB, and 5.0 MB were sent", result.stderr)

    def test_json(self):
        self.write_script(*AIR, *AIR_END)
        result = self.broadcast("--json")
        self.assertEqual((result.code, result.stderr), (0, ""))
        link, = result.events("link")
        self.assertEqual((link["link"], link["title"], link["live"]),
                         ("defiance:naddr1live", "Evening show", True))
        self.assertEqual([e["state"] for e in result.events("state")],
                         ["on-air", "ending", "ended"])
        self.assertEqual(result.events("live")[-1]["made"], 3000000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
