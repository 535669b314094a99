#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Transfers between two hosts behind routers that translate addresses, and through TURN."""

from defiance import NETWORK, Broadcast, LabTestCase, main, make_file, start_relay, start_view
from lab import Lab
from transfers import LARGE, TransferMatrix


class NatTest(TransferMatrix, LabTestCase):
    """Both sides find their outer addresses with STUN and open a hole towards each other."""

    @classmethod
    def make_lab(cls):
        return Lab.nat(links={"a": "delay=2ms", "b": "delay=1ms"})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.arguments = ("--stun", cls.lab.start_turn_server()[1])

    def test_large_file(self):
        before, after = self.transfer(LARGE, 120)
        carried = after["server"]["down"]["bytes"] - before["server"]["down"]["bytes"]
        self.assertLess(carried, LARGE // 100, "the server carried what should go directly")


class TurnTest(TransferMatrix, LabTestCase):
    """Nothing reaches the other side directly: the TURN server carries it all."""

    @classmethod
    def make_lab(cls):
        return Lab.turn()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.environment = {"DEFIANCE_TURN": cls.lab.start_turn_server()[2]}

    def test_large_file(self):
        before, after = self.transfer(LARGE, 150)
        carried = after["server"]["down"]["bytes"] - before["server"]["down"]["bytes"]
        self.assertGreater(carried, LARGE)

    def test_password_is_shown_nowhere(self):
        source = make_file(self.lab["a"].home / "secret", 1000)
        broadcast = self.broadcast(source)
        with open(f"/proc/{broadcast.program.pid}/cmdline", "rb") as file:
            self.assertNotIn(b"lab-password", file.read())
        self.assertNotIn("lab-password", broadcast.program.text())


class SymmetricNatTest(LabTestCase):
    """Ports that nobody can predict: only TURN helps."""

    @classmethod
    def make_lab(cls):
        return Lab.nat(symmetric=True)

    def test_with_turn_server(self):
        relay = start_relay(self.lab["server"])[1]
        _, stun, turn = self.lab.start_turn_server()
        source = make_file(self.lab["a"].home / "file", 3_000_000)
        env = {"DEFIANCE_TURN": turn}
        link = Broadcast(self.lab["a"], source, "--relay", relay, "--stun", stun, env=env).link
        view = start_view(self.lab["b"], link, self.lab["b"].home / "got", "--stun", stun, env=env)
        view.expect_exit(0, 60)
        self.assert_same_file(source, self.lab["b"].home / "got")


class ForceRelayTest(LabTestCase):
    """Who hides the address sends nothing to the other side directly."""

    @classmethod
    def make_lab(cls):
        return Lab.plain({"a": "", "b": "", "server": ""})

    def test_nothing_goes_directly(self):
        relay = start_relay(self.lab["server"])[1]
        turn = self.lab.start_turn_server()[2]
        size = 3_000_000
        source = make_file(self.lab["a"].home / "file", size)
        link = Broadcast(self.lab["a"], source, "--relay", relay).link
        view = start_view(self.lab["b"], link, self.lab["b"].home / "got", "--force-relay",
                          env={"DEFIANCE_TURN": turn})
        view.expect_exit(0, 60)
        self.assert_same_file(source, self.lab["b"].home / "got")
        self.assertGreater(self.lab.stats()["server"]["down"]["bytes"], size)

    def test_without_turn_server_is_an_error(self):
        relay = start_relay(self.lab["server"], 7778)[1]
        source = make_file(self.lab["a"].home / "other", 1000)
        link = Broadcast(self.lab["a"], source, "--relay", relay).link
        view = start_view(self.lab["b"], link, self.lab["b"].home / "other", "--force-relay",
                          json=False)
        self.assert_fails(view, (2, NETWORK), "turn")


if __name__ == "__main__":
    main("nft", "turnserver")
