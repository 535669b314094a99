#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What takes too long for every run: a file beyond 4 GiB, and its memory."""

import os
import pathlib

from defiance import Broadcast, LabTestCase, main, start_relay, start_view
from lab import Lab

SIZE = 5 << 30
MEMORY_KB = 80_000
STEP = 256 << 20


def anonymous_kb(program):
    """RssAnon of a running program."""
    try:
        status = pathlib.Path(f"/proc/{program.pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(next((l.split()[1] for l in status.splitlines() if l.startswith("RssAnon")), 0))


def same_bytes(first, second):
    """Whether two files are equal, read in blocks: hashing 5 GiB twice takes longer."""
    with open(first, "rb") as left, open(second, "rb") as right:
        while block := left.read(1 << 22):
            if block != right.read(1 << 22):
                return False
        return right.read(1) == b""


class LargeFileTest(LabTestCase):
    @classmethod
    def make_lab(cls):
        return Lab.veth()

    def test_beyond_four_gibibytes(self):
        relay = start_relay(self.lab["a"])[1]
        source = self.lab["a"].home / "sparse"
        # Sparse, but no two gibibytes alike: what lands in the wrong place is noticed.
        with open(source, "wb") as file:
            file.truncate(SIZE)
            for offset in range(0, SIZE, STEP):
                file.seek(offset + 12345)
                file.write(offset.to_bytes(8, "big") * 1000)
        broadcast = Broadcast(self.lab["a"], source, "--relay", relay)
        output = self.lab["b"].home / "got"
        view = start_view(self.lab["b"], broadcast.link, output)
        peaks = {"view": 0, "broadcast": 0}
        while view.running:
            peaks["view"] = max(peaks["view"], anonymous_kb(view))
            peaks["broadcast"] = max(peaks["broadcast"], anonymous_kb(broadcast.program))
            self.lab.sleep(0.2)
        view.expect_exit(0, 600)
        complete = view.events("complete")[0]
        print(f"5 GiB in {complete['seconds']:.1f} s; most anonymous memory in kB: {peaks}")
        self.assertEqual(os.path.getsize(output), SIZE)
        self.assertTrue(same_bytes(source, output))
        self.assertLess(max(peaks.values()), MEMORY_KB)


if __name__ == "__main__":
    main()
