# SPDX-License-Identifier: MIT
"""How honest programs are watched while others attack them."""

import time

from swarm import SwarmTestCase, anonymous_kb

MEMORY_KB = 80_000


class HostileTestCase(SwarmTestCase):
    def watch(self, programs, seconds, until=()):
        """Nobody dies, or takes much memory, for so long or until all of some have a file."""
        end = time.monotonic() + seconds
        peak = 0
        while time.monotonic() < end:
            for program in programs:
                self.assertTrue(program.running, program.tail())
                peak = max(peak, anonymous_kb(program))
            if until and all(program.events("complete") for program in until):
                break
            self.lab.sleep(0.2)
        self.assertLess(peak, MEMORY_KB)
        return peak
