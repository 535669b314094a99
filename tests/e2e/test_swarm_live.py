#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A live stream from one home to several, which pass it on: it plays on, or ends as it should."""

from defiance import main
from live import RECORDS_PER_S, LiveTestCase


class SwarmLiveTest(LiveTestCase):
    def test_all_see_it_to_its_end(self):
        self.start(8)
        views = self.view(*self.names())
        self.finish(views, missed=25)
        for view in views:
            self.assertEqual(view.latest()["next"], 8 * RECORDS_PER_S)

    def test_one_of_three_providers_dies(self):
        self.start(11)
        views = self.view(*self.names())
        self.lab.sleep(2)
        views[0].program.kill()
        # Nobody stands still; what was only just given to the dead one may be lost.
        self.finish(views[1:], missed=50)

    def test_broadcaster_dies_and_comes_back(self):
        """Its viewers wait for it, and go on under the same link."""
        self.start(30)
        views = self.view("v1", "v2")
        self.live.program.kill()
        self.live.generator.kill()
        for view in views:
            before = view.latest()["records"]
        self.lab.sleep(2)
        first = self.link
        self.start(8)
        self.assertEqual(self.link, first)
        for view in views:
            view.wait_playing(20, before + 200)


if __name__ == "__main__":
    main()
