# SPDX-License-Identifier: MIT
"""Swarms as end-to-end tests use them: members that share, and members that do not behave."""

import os
import pathlib

from defiance import Broadcast, LabTestCase, cli, start_relay, start_view
from lab import Lab

HOME = "rate.up={up}mbit,rate.down=50mbit,delay=10ms"


def hostile_peer():
    """The command line that attacks its peers; see hostile-peer.c."""
    built = pathlib.Path(__file__).resolve().parents[2] / "build" / "tests" / "e2e" / "hostile-peer"
    return os.environ.get("HOSTILE_PEER") or str(built)


def anonymous_kb(program):
    """RssAnon of a running program."""
    status = pathlib.Path(f"/proc/{program.pid}/status").read_text(encoding="ascii")
    return int(next(l.split()[1] for l in status.splitlines() if l.startswith("RssAnon")))


class SwarmTestCase(LabTestCase):
    """A laboratory with the host "source", viewers v1, v2, …, and "server" with a relay."""

    viewers = 4
    source_mbit = 8
    viewer_mbit = 8

    @classmethod
    def make_lab(cls):
        return Lab.plain({"server": "", "source": HOME.format(up=cls.source_mbit),
                          **{name: HOME.format(up=cls.viewer_mbit) for name in cls.names()}})

    @classmethod
    def names(cls):
        return [f"v{number}" for number in range(1, cls.viewers + 1)]

    @property
    def name(self):
        return self.id().rsplit(".", 1)[-1]

    def setUp(self):
        self.relay_program, self.relay = start_relay(self.lab["server"])
        self.before = self.lab.stats()

    def broadcast(self, path):
        return Broadcast(self.lab["source"], path, "--relay", self.relay)

    def member(self, name, link, attack=None, share=True):
        """A viewer that passes on what it has, or one that attacks."""
        host = self.lab[name]
        output = host.home / f"{self.name}-{len(self.lab.programs)}"
        options = ["--share"] if share else []
        if attack:
            program = host.start(hostile_peer(), "view", link, "--json", *options, "--output",
                                 output, env={"DFN_ATTACK": attack}, name=f"{name}/{attack}")
        else:
            program = start_view(host, link, output, *options)
        program.output = output
        return program

    def sent(self, name):
        """Bytes on a host's uplink since the test began."""
        return self.lab.stats()[name]["up"]["bytes"] - self.before[name]["up"]["bytes"]


__all__ = ["SwarmTestCase", "anonymous_kb", "cli"]
