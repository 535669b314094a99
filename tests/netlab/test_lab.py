#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The laboratory tests itself: what it promises about links, routers and clean ends."""

import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import textwrap
import time
import unittest

from lab import Lab, ProgramError, find_netlab

PROBE = pathlib.Path(__file__).with_name("probe.py")


def probe(host, *argv, **options):
    """What a probe in a host found."""
    program = host.run(sys.executable, PROBE, *argv, name=f"{host.name}/{argv[0]}", **options)
    return json.loads(program.text("stdout") or "{}")


def serve(host, port=7000):
    server = host.start(sys.executable, PROBE, "echo", port, name=f"{host.name}/echo")
    server.wait_line("ready")


class PlainTest(unittest.TestCase):
    def test_delay_of_both_protocols(self):
        with Lab.plain({"a": "delay=10ms", "b": "delay=15ms"}) as lab:
            serve(lab["b"])
            for address in (lab["b"].ipv4, lab["b"].ipv6):
                found = probe(lab["a"], "ask", address, "7000", "10")
                trip = statistics.median(found["trips"]) * 1000
                self.assertTrue(50 <= trip < 60, trip)
                self.assertIn(found["answers"][0]["address"], (lab["a"].ipv4, lab["a"].ipv6))

    def test_change_while_running(self):
        with Lab.plain({"a": "", "b": ""}) as lab:
            serve(lab["b"])
            ask = ("ask", lab["b"].ipv4, "7000", "3")
            self.assertLess(statistics.median(probe(lab["a"], *ask)["trips"]), 0.02)
            lab.set("b", "delay=50ms")
            self.assertGreaterEqual(min(probe(lab["a"], *ask)["trips"]), 0.1)
            lab.set("a", "rate.up=0,delay=0")
            self.assertEqual(probe(lab["a"], *ask)["trips"], [])
            lab.set("a", "rate.up=unlimited")
            lab.set("b", "loss.down=100%")
            self.assertEqual(probe(lab["a"], *ask)["trips"], [])
            stats = lab.stats()
            self.assertEqual(stats["b"]["down"]["lost"], 6)
            with self.assertRaises(ProgramError):
                lab.set("a", "rate=fast")

    def test_one_protocol_only(self):
        with Lab.plain({"a": "ipv4=0", "b": "ipv4=0"}) as lab:
            serve(lab["b"])
            self.assertEqual(lab["a"].ipv4, "")
            self.assertEqual(len(probe(lab["a"], "ask", lab["b"].ipv6, "7000")["trips"]), 1)

    def test_trace(self):
        with Lab.plain({"a": "", "b": ""}) as lab:
            trace = lab.folder / "trace.txt"
            trace.write_text("0 0\n1 1000\n2 1000\n", encoding="utf-8")
            serve(lab["b"])
            lab.set("a", f"trace.up={trace}")
            trip = probe(lab["a"], "ask", lab["b"].ipv4, "7000")["trips"]
            self.assertTrue(not trip or trip[0] > 0.5, trip)


class LanTest(unittest.TestCase):
    def test_multicast(self):
        with Lab.lan(["a", "b", "c"]) as lab:
            listeners = [lab[name].start(sys.executable, PROBE, "listen", "239.255.255.250", "1900")
                         for name in ("b", "c")]
            for listener in listeners:
                listener.wait_line("ready")
            probe(lab["a"], "tell", "239.255.255.250", "1900", "anyone?")
            for listener in listeners:
                found = json.loads(listener.wait_line("^{").string)
                self.assertEqual(found, {"from": lab["a"].ipv4, "data": "anyone?"})

    def test_cable(self):
        with Lab.veth() as lab:
            serve(lab["b"])
            self.assertEqual(len(probe(lab["a"], "ask", lab["b"].ipv4, "7000")["trips"]), 1)


class NatTest(unittest.TestCase):
    def mappings(self, lab):
        serve(lab["server"], 7000)
        serve(lab["server"], 7001)
        return probe(lab["a"], "mapping", lab["server"].ipv4, "7000", "7001")

    def test_ports_are_kept(self):
        with Lab.nat(links={"a": "delay=5ms"}) as lab:
            found = self.mappings(lab)
            for answer in found["answers"]:
                self.assertEqual(answer["address"], lab["router-a"].ipv4)
                self.assertEqual(answer["port"], found["own"])

    def test_symmetric(self):
        with Lab.nat(symmetric=True) as lab:
            found = self.mappings(lab)
            ports = {found["own"], *(answer["port"] for answer in found["answers"])}
            self.assertEqual(len(ports), 3)

    def punch(self, symmetric):
        with Lab.nat(symmetric=symmetric, links={"a": "delay=20ms"}) as lab:
            programs = [
                lab[name].start(sys.executable, PROBE, "punch", lab[router].ipv4, port, own)
                for name, router, port, own in (("a", "router-b", 4002, 4001),
                                                ("b", "router-a", 4001, 4002))]
            return [program.wait() for program in programs]

    def test_a_hole_can_be_punched(self):
        self.assertEqual(self.punch(False), [0, 0])

    def test_no_hole_through_symmetric_routers(self):
        self.assertEqual(self.punch(True), [1, 1])


class TurnTest(unittest.TestCase):
    def test_only_the_server_reaches_both(self):
        with Lab.turn(links={"a": "delay=5ms"}) as lab:
            lab.start_turn_server()
            serve(lab["b"])
            self.assertEqual(probe(lab["a"], "ask", lab["b"].ipv4, "7000")["trips"], [])
            self.assertEqual(probe(lab["a"], "ask", lab["b"].ipv6, "7000")["trips"], [])
            for name in ("a", "b"):
                lab[name].run(sys.executable, PROBE, "stun", lab["server"].ipv4, "3478")


class EndTest(unittest.TestCase):
    def test_nothing_outlives_a_killed_test(self):
        script = textwrap.dedent(f"""
            import sys, time
            sys.path.insert(0, {str(PROBE.parent)!r})
            from lab import Lab
            with Lab.plain({{"a": "", "b": ""}}) as lab:
                program = lab["a"].start("sleep", "1000")
                print(program.pid, lab._emulator.pid, flush=True)
                time.sleep(1000)
            """)
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE,
                              text=True) as test:
            pids = [int(word) for word in test.stdout.readline().split()]
            self.assertEqual(len(pids), 2)
            test.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 5
        while any(os.path.exists(f"/proc/{pid}/exe") for pid in pids):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_failure_shows_output(self):
        script = textwrap.dedent(f"""
            import sys
            sys.path.insert(0, {str(PROBE.parent)!r})
            from lab import Lab
            with Lab.plain({{"a": ""}}) as lab:
                program = lab["a"].start("sh", "-c", "echo what went wrong; sleep 9")
                program.wait_line("good", timeout=1)
            """)
        result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("stdout: what went wrong", result.stderr)
        self.assertIn("did not show a line with 'good' within 1 s", result.stderr)

    def test_bad_arguments(self):
        for arguments in ([], ["a:rate=fast"], ["a b"], ["a:rate"], ["--mtu=5", "a"]):
            result = subprocess.run([find_netlab(), *arguments], capture_output=True, text=True,
                                    stdin=subprocess.DEVNULL)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn("netlab: ", result.stderr)


if __name__ == "__main__":
    Lab.skip_unless_possible("nft", "turnserver")
    unittest.main(verbosity=2)
