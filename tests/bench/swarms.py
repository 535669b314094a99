# SPDX-License-Identifier: MIT
"""Swarms of real programs in homes of the laboratory, and what they cost the machine."""

import contextlib
import dataclasses
import os
import pathlib
import sys

# The benchmarks also run by hand, without the build system's settings.
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "netlab"))

from lab import Lab  # noqa: E402
from livestream import LiveSource, LiveView  # noqa: E402

BUILT = pathlib.Path(__file__).resolve().parents[2] / "build"
TICKS = os.sysconf("SC_CLK_TCK")

# The way from a home to the rest and back; twice that lies between two homes.
DELAY_MS = 10
QUEUE_MS = 100
DOWN_MBIT = 50


def defiance_cli():
    """The program, as the build system tells or where a build folder has it."""
    return os.environ.get("DEFIANCE_CLI") or str(BUILT / "src/cli/defiance-cli")


def geometric(low, high, count):
    """Rates from low to high, each the same factor above the one before, to two digits."""
    return [round(low * (high / low) ** (i / (count - 1)), 2) for i in range(count)]


@dataclasses.dataclass(frozen=True)
class Homes:
    """The uplinks of a swarm's members in Mbit/s; every downlink has down Mbit/s."""

    name: str
    source: float
    viewers: tuple
    down: float = DOWN_MBIT

    def settings(self, up):
        return (f"rate.up={up}mbit,rate.down={self.down}mbit,delay={DELAY_MS}ms,"
                f"queue={QUEUE_MS}ms")

    @property
    def viewer_names(self):
        return [f"v{number}" for number in range(1, len(self.viewers) + 1)]

    @contextlib.contextmanager
    def lab(self, seed=1, direct=False):
        """A laboratory with the host "source", the viewers, and "server" without limits; direct:
        viewers reach nobody else, so that the source has to feed everybody."""
        links = {"server": f"delay={DELAY_MS}ms", "source": self.settings(self.source)}
        links.update((name, self.settings(up))
                     for name, up in zip(self.viewer_names, self.viewers))
        with Lab.plain(links, options=[f"--seed={seed}"]) as lab:
            for name in self.viewer_names if direct else ():
                lab.forbid_all_but(name, ("source", "server"))
            yield lab

    def file_bound(self, size):
        """Seconds that nothing can beat: every byte leaves the source, reaches every viewer, and is
        sent as many times as there are viewers."""
        count = len(self.viewers)
        total = self.source + sum(self.viewers)
        return max(size / self.source, size / self.down, count * size / total) * 8e-6

    def stream_limit(self):
        """The highest rate in Mbit/s that the uplinks can carry to every viewer."""
        return min(self.source, (self.source + sum(self.viewers)) / len(self.viewers))


def used_seconds(pid):
    """Processor seconds of a running program so far; 0 when it has ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return 0
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS


def anonymous_kb(pid):
    """RssAnon of a running program; 0 when it has ended."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(next((l.split()[1] for l in status.splitlines() if l.startswith("RssAnon")), 0))


def machine_seconds():
    """Busy and all processor seconds of this machine since it started, other work included."""
    fields = pathlib.Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    ticks = [int(field) for field in fields]
    return (sum(ticks) - ticks[3] - ticks[4]) / TICKS, sum(ticks) / TICKS


class Meter:
    """What the machine did between its making and stop(): by all, by the emulator, by programs."""

    def __init__(self, lab):
        self.lab = lab
        self._machine = machine_seconds()
        self._emulator = used_seconds(lab.emulator_pid)
        self._over = {program for program in lab.programs if not program.running}
        self._before = {program: used_seconds(program.pid)
                        for program in lab.programs if program.running}
        self._links = lab.stats()

    def stop(self):
        busy, whole = (after - before for after, before in
                       zip(machine_seconds(), self._machine))
        self.machine_share = busy / whole
        self.emulator = used_seconds(self.lab.emulator_pid) - self._emulator
        self.programs = {}
        for program in self.lab.programs:
            if program not in self._over:
                used = (used_seconds(program.pid) if program.running
                        else program.cpu_seconds or 0)
                self.programs[program] = used - self._before.get(program, 0)
        self.links = self.lab.stats()
        return self

    def sent_bytes(self, host):
        """What a host put on its uplink, all headers included."""
        return self.links[host]["up"]["bytes"] - self._links[host]["up"]["bytes"]


__all__ = ["Homes", "Lab", "LiveSource", "LiveView", "Meter", "anonymous_kb", "defiance_cli",
           "geometric"]
