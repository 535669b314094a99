# SPDX-License-Identifier: MIT
"""What many links of one process do to the uplink that they share."""

import dataclasses
import os
import pathlib
import statistics
import sys
import time

# The benchmarks also run by hand, without the build system's settings.
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "netlab"))

from lab import PROBE, Lab, json  # noqa: E402

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build/tests/bench"
ECHO_PORT = 7
TCP_PORT = 5001
PING_INTERVAL = 0.05


@dataclasses.dataclass
class Uplink:
    """One measurement; times in milliseconds, shares of the uplink's rate in bytes on the link."""

    idle: list
    trips: list
    lost: int
    used: float
    tcp: float

    def growth(self, share):
        """By how much this share of the pings takes longer at most than the median one did."""
        grown = sorted(self.trips)[min(int(share * len(self.trips)), len(self.trips) - 1)]
        return grown - statistics.median(self.idle)


class UplinkLab:
    """A sender behind an uplink with a queue of 100 ms, peers and a server without limits."""

    def __init__(self, mbits=10, rtt_ms=40, seed=1):
        self.mbits = mbits
        self.settings = f"rate.up={mbits}mbit,rate.down=50mbit,delay={rtt_ms / 2}ms,queue=100ms"
        self.lab = Lab.plain({"sender": self.settings, "peers": "", "server": ""},
                             options=[f"--seed={seed}"])

    def __enter__(self):
        self.lab.__enter__()
        self.lab["server"].start(sys.executable, PROBE, "echo", ECHO_PORT).wait_line("ready")
        return self

    def __exit__(self, *reason):
        return self.lab.__exit__(*reason)

    def program(self, name):
        return os.environ.get(name.replace("-", "_").upper()) or str(BUILD / name)

    def start_links(self, links=16, *options):
        """Saturates the uplink; the sender's program."""
        folder = self.lab.folder / f"pipes-{len(self.lab.programs)}"
        folder.mkdir()
        for number in range(links):
            os.mkfifo(folder / f"offers-{number}")
            os.mkfifo(folder / f"answers-{number}")
        words = ("--links", links)
        self.serve = self.lab["sender"].start(self.program("bench-uplink"), "serve", folder, *words,
                                              *options)
        self.fetch = self.lab["peers"].start(self.program("bench-uplink"), "fetch", folder, *words,
                                             "--no-governor")
        return self.serve

    def start_tcp(self, control, seconds, host="sender"):
        """A TCP upload beside them; both its programs."""
        sender = self.lab[host].start(self.program("tcp-transfer"), "send", TCP_PORT, control,
                                      10 ** 10, seconds)
        sender.wait_line("listening")
        return sender, self.lab["server"].start(self.program("tcp-transfer"), "receive",
                                                self.lab[host].ipv4, TCP_PORT)

    def start_ping(self, seconds):
        return self.lab["sender"].start(
            sys.executable, PROBE, "ping", self.lab["server"].ipv4, ECHO_PORT,
            int(seconds / PING_INTERVAL), PING_INTERVAL)

    def end_ping(self, ping):
        ping.expect_exit(0, 60)
        answer = json.loads(ping.text("stdout"))
        return [1000 * trip for trip in answer["trips"]], answer["sent"] - len(answer["trips"])

    def used(self):
        """Bytes that have left the sender's uplink."""
        return self.lab.stats()["sender"]["up"]["bytes"]

    def share(self, bytes_before, started):
        return (self.used() - bytes_before) * 8e-6 / (time.monotonic() - started) / self.mbits

    def report(self):
        """What the governor thought, line by line."""
        return self.serve.events("uplink")


def measure(seconds, control=None, settle=8, **settings):
    """Pings, use of the uplink and TCP's share while 16 links are saturated."""
    options = settings.pop("options", ())
    links = settings.pop("links", 16)
    with UplinkLab(**settings) as lab:
        idle, _ = lab.end_ping(lab.start_ping(1))
        if links:
            lab.start_links(links, *options)
        time.sleep(settle)
        tcp = lab.start_tcp(control, seconds) if control else None
        before, started = lab.used(), time.monotonic()
        trips, lost = lab.end_ping(lab.start_ping(seconds - 1.5))
        used = lab.share(before, started)
        mbits = 0
        if tcp:
            for program in tcp:
                program.expect_exit(0, seconds + 30)
            received = json.loads(tcp[1].text("stdout"))
            mbits = received["bytes"] * 8e-6 / received["seconds"]
        if os.environ.get("DFN_SHOW"):
            for line in lab.report():
                print(line)
        return Uplink(idle, trips, lost, used, mbits / lab.mbits)
