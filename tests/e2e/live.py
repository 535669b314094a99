# SPDX-License-Identifier: MIT
"""Live streams as end-to-end tests use them."""

from defiance import cli
from livestream import LiveSource, LiveView
from swarm import SwarmTestCase

MBIT = 1
RECORDS_PER_S = 100


class LiveTestCase(SwarmTestCase):
    """The source could feed two viewers alone, and there are four."""

    source_mbit = 2.5
    viewer_mbit = 1.5

    def start(self, seconds, *options):
        self.live = LiveSource(self.lab["source"], cli(), MBIT, seconds, "--relay", self.relay,
                               "--identifier", self.name, *options)
        self.link = self.live.wait_link()

    def view(self, *names, buffer_ms=2000, options=()):
        """Viewers that have played for two seconds: what a newcomer missed of the time before it had
        met the others is not counted."""
        views = [LiveView(self.lab[name], cli(), self.link, *options, buffer_ms=buffer_ms)
                 for name in names]
        for view in views:
            view.before = view.wait_playing(15, 2 * RECORDS_PER_S)
        return views

    def finish(self, views, stalls=0, missed=0, timeout=25):
        """The stream ends for all of them, and has played so well."""
        for view in views:
            found = view.finish(timeout)
            view.program.expect_exit(0, 10)
            lost, stood = (found[key] - view.before[key] for key in ("missed", "stalls"))
            print(f"\n    {view.host.name}: {lost} records missed, {stood} stalls, "
                  f"{found['stalled_ms']} ms; in all {found}", end="")
            self.assertLessEqual(lost, missed, found)
            self.assertLessEqual(stood, stalls, found)
            self.assertEqual(found["repeated"], 0, found)
