#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Swarms in networks of every kind: without IPv4, behind routers, behind routers that nobody can
predict, and with a member that moves."""


from defiance import Broadcast, LabTestCase, main, make_file, start_relay, start_view
from lab import Lab

SIZE = 2_000_000


class NetworkTestCase(LabTestCase):
    def setUp(self):
        self.relay_program, self.relay = start_relay(self.lab["server"])
        self.source = make_file(self.lab["a"].home / "file", SIZE, seed=self.id())

    def join(self, name, *options):
        output = self.lab[name].home / f"got-{len(self.lab.programs)}"
        program = start_view(self.lab[name], self.broadcast.link, output, "--share", *options)
        program.output = output
        return program

    def finish(self, member, timeout=20):
        member.wait_event("complete", timeout)
        self.assert_same_file(self.source, member.output)


class Ipv6SwarmTest(NetworkTestCase):
    @classmethod
    def make_lab(cls):
        return Lab.plain({name: "ipv4=0" for name in ("a", "b", "c", "server")})

    def test_without_ipv4(self):
        """The second viewer gets everything from the first."""
        self.broadcast = Broadcast(self.lab["a"], self.source, "--relay", self.relay)
        self.finish(self.join("b"))
        self.broadcast.program.kill()
        self.finish(self.join("c"))


class NatSwarmTest(NetworkTestCase):
    """a and b are behind routers, "server" is also a viewer."""

    symmetric = False

    @classmethod
    def make_lab(cls):
        return Lab.nat(symmetric=cls.symmetric)

    def test_through_a_member(self):
        """Broadcaster and viewer may not reach each other, but both reach a third."""
        self.broadcast = Broadcast(self.lab["a"], self.source, "--relay", self.relay)
        self.finish(self.join("server"))
        self.finish(self.join("b"), 30)


class SymmetricNatSwarmTest(NatSwarmTest):
    symmetric = True


if __name__ == "__main__":
    main("nft")
