#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""ts_source.py SECONDS COPY: a transport stream at its pace on standard output, and in the file COPY.

25 frames a second, a key frame each second with random_access_indicator, PAT and PMT before it; one
PID for the picture and one for the sound; 1.5 Mbit/s. Every packet is another one.
"""

import random
import sys
import time

PACKET, PMT, PICTURE, SOUND = 188, 0x1000, 0x100, 0x101
FRAMES_PER_SECOND = 25
PACKETS_PER_FRAME = 40
PAT_SECTION = bytes((0, 0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | PMT >> 8, PMT & 255, 1, 2, 3, 4))
PMT_SECTION = bytes((0, 2, 0xb0, 23, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0,
                     0x1b, 0xe0 | PICTURE >> 8, PICTURE & 255, 0xf0, 0,
                     0x0f, 0xe0 | SOUND >> 8, SOUND & 255, 0xf0, 0, 1, 2, 3, 4))


class Source:
    def __init__(self):
        self.random = random.Random(1)
        self.counters = {}

    def packet(self, pid, start, key=False, payload=None):
        counter = self.counters[pid] = (self.counters.get(pid, -1) + 1) % 16
        head = bytes((0x47, (0x40 if start else 0) | pid >> 8, pid & 255,
                      (0x30 if key else 0x10) | counter)) + (b"\x01\x40" if key else b"")
        if payload is None:
            return head + self.random.randbytes(PACKET - len(head))
        return (head + payload).ljust(PACKET, b"\xff")

    def frame(self, is_key):
        packets = []
        if is_key:
            packets += [self.packet(0, True, payload=PAT_SECTION),
                        self.packet(PMT, True, payload=PMT_SECTION)]
        packets += [self.packet(PICTURE, number == 0, is_key and number == 0)
                    for number in range(PACKETS_PER_FRAME)]
        return b"".join([*packets, self.packet(SOUND, True)])


def main():
    seconds, copy = float(sys.argv[1]), sys.argv[2]
    source, started = Source(), time.monotonic()
    with open(copy, "wb") as file:
        for number in range(int(seconds * FRAMES_PER_SECOND)):
            frame = source.frame(number % FRAMES_PER_SECOND == 0)
            file.write(frame)
            file.flush()
            sys.stdout.buffer.write(frame)
            sys.stdout.buffer.flush()
            time.sleep(max(0, started + (number + 1) / FRAMES_PER_SECOND - time.monotonic()))


if __name__ == "__main__":
    main()
