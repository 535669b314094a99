#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the commands make of what the engine reports; the engine plays scripts."""

import json
import os
import signal
import subprocess
import time
import unittest

from rehearsal import FILE_LINK, REHEARSAL, CliTestCase, plain, screen

FINDING, CHECKING, CONNECTING, RECEIVING, WAITING, COMPLETE = range(6)
INDEXING, ANNOUNCING, SERVING = range(3)

NASTY = r"\033[2J\033]0;mine\007Fi\u202elm\n\x9b31m"

FILM = ["set title A film", "set path A film.mkv", "set size 3000000"]


def receive(done, rate=1000000, peers=2):
    return [f"set done {done}", f"set rate {rate}", f"set peers {peers}", f"state {RECEIVING}",
            "report"]


class ViewTest(CliTestCase):
    def view(self, *argv):
        return self.rehearse("view", FILE_LINK, *argv)

    def test_for_people(self):
        self.write_script(*FILM, *receive(0), *receive(1500000), "set done 3000000",
                          f"state {COMPLETE}", "report")
        result = self.view()
        self.assertEqual(result.code, 0)
        self.assertEqual(result.stdout, "A film.mkv\n")
        self.assertIn("“A film”, 3.0 MB, goes into “A film.mkv”.", result.stderr)
        self.assertIn("network address", result.stderr)
        self.assertIn("The file is complete, 3.0 MB in 0.", result.stderr)
        self.assertNotIn("\r", result.stderr)
        self.assertNotIn("\x1b", result.stderr)

    def test_json(self):
        self.write_script(*FILM, "set before 1000000", f"state {CHECKING}", "set checked 500000",
                          "report", *receive(1500000), *receive(2000000, 0.5),
                          "set done 3000000", f"state {COMPLETE}", "report")
        result = self.view("--json")
        self.assertEqual(result.code, 0)
        self.assertEqual(result.stderr, "")
        self.assertEqual([e["state"] for e in result.events("state")],
                         ["finding", "checking", "receiving", "complete"])
        self.assertEqual(result.events("checking"),
                         [{"event": "checking", "bytes": 500000, "total": 1000000}])
        first, second = result.events("progress")
        self.assertEqual(first, {"event": "progress", "bytes": 1500000, "total": 3000000,
                                 "rate": 1000000, "peers": 2, "eta": 1.5, "relayed": False})
        self.assertIsNone(second["eta"])
        complete, = result.events("complete")
        self.assertEqual((complete["path"], complete["bytes"], complete["before"]),
                         (os.path.realpath(self.home / "A film.mkv"), 3000000, 1000000))
        self.assertTrue(0 <= complete["seconds"] < 10)

    def test_numbers_in_a_locale_with_commas(self):
        self.env.update(LC_ALL="de_DE.UTF-8")
        self.write_script(*FILM, *receive(1500000, 1000000.25), f"state {COMPLETE}", "report")
        progress, = self.view("--json").events("progress")
        self.assertEqual((progress["rate"], progress["eta"]), (1000000.25, 1.5))

    def test_errors(self):
        for number, word, code in ((0, "invalid-link", 2), (1, "not-found", 3), (2, "network", 4),
                                   (3, "integrity", 5), (4, "file", 6), (5, "identity", 6),
                                   (6, "settings", 2)):
            with self.subTest(word=word):
                self.write_script(f"fail {number} It is so.", "report")
                result = self.view("--json")
                self.assertEqual(result.code, code)
                self.assertEqual(result.events("error"), [
                    {"event": "error", "code": word, "message": "It is so.", "exit": code}])
                self.assertEqual(result.stderr, "defiance-cli: It is so.\n")
                result = self.view()
                self.assertEqual((result.code, result.stdout), (code, ""))
                self.assertIn("defiance-cli: It is so.\n", result.stderr)

    def test_waiting(self):
        self.write_script(*FILM, *receive(1000), f"state {WAITING}",
                          "set problem The peer has left", "report", "wait 50",
                          "set problem -", *receive(3000), f"state {COMPLETE}", "report")
        result = self.view()
        gone = ("The broadcaster is gone; waiting for it to come back. Press Ctrl+C to stop; run "
                "the same command again to continue.\n")
        self.assertIn(gone, result.stderr)
        self.assertNotIn("The peer has left", result.stderr)
        self.assertIn("there; going on", result.stderr)
        result = self.view("--json")
        self.assertEqual(result.events("waiting")[0]["reason"], "broadcaster-gone")
        self.assertEqual(result.events("problem")[0]["message"], "The peer has left")

    def test_waiting_for_the_first_peer(self):
        self.write_script(*FILM, f"state {CONNECTING}", "report", "wait 6500",
                          f"state {COMPLETE}", "report")
        self.assertEqual([e["reason"] for e in self.view("--json").events("waiting")],
                         ["nobody-connected"])

    def test_problem_is_told_once(self):
        self.write_script("set problem It rains", "report", "report", "set problem -", "report",
                          "set problem It snows", "report", *FILM, f"state {COMPLETE}", "report")
        result = self.view()
        self.assertEqual(result.stderr.count("It rains\n"), 1)
        self.assertEqual(result.stderr.count("It snows\n"), 1)

    def test_words_of_others_do_not_steer_the_terminal(self):
        self.write_script(f"set title {NASTY}", f"set path {NASTY}", "set size 10",
                          f"set problem {NASTY}", "report", f"fail 3 {NASTY}", "report")
        for argv in ([], ["--json"], ["--verbose"]):
            result = self.view(*argv)
            for char in result.stdout + result.stderr:
                self.assertFalse(char != "\n" and char < " " or "\x7f" <= char <= "\x9f"
                                 or char == "\u202e", repr(result))
            self.assertEqual(len(result.stderr.split("It")), 1)

    def test_quiet(self):
        self.write_script(*FILM, *receive(1000), f"state {COMPLETE}", "report")
        result = self.view("--quiet")
        self.assertEqual((result.code, result.stdout, result.stderr), (0, "A film.mkv\n", ""))

    def test_progress_on_a_terminal(self):
        self.write_script(*FILM, *receive(0), "wait 100", *receive(1500000), "wait 100",
                          "set problem It rains", *receive(2000000), "wait 100",
                          "set done 3000000", f"state {COMPLETE}", "report")
        for columns in (20, 40, 60, 80, 200):
            with self.subTest(columns=columns):
                terminal = self.open_terminal("view", FILE_LINK, program=REHEARSAL,
                                              columns=columns)
                self.assertEqual(terminal.wait(), 0)
                self.assertIn(" 50 %", terminal.output)
                lines = screen(terminal.output)
                self.assertEqual(lines[-2:], ["A film.mkv", ""])
                self.assertEqual([line for line in lines if "%" in line], [])
                self.assertIn("It rains", lines)
                for piece in terminal.output.replace("\n", "\r").split("\r"):
                    if " %" in piece:
                        self.assertLess(len(piece.replace("\x1b[K", "")), columns)

    def test_to_standard_output(self):
        """There the file goes, and nothing else."""
        script = ["set title A film", "set size 3000000", *receive(0), *receive(1500000),
                  f"state {WAITING}", "report", "set done 3000000", f"state {COMPLETE}", "report"]
        self.write_script(*script)
        result = self.view("--output", "-")
        self.assertEqual((result.code, result.stdout), (0, ""))
        self.assertIn("“A film”, 3.0 MB, goes to standard output.", result.stderr)
        self.assertIn("The broadcaster is gone; waiting for it to come back. Press Ctrl+C to stop.\n",
                      result.stderr)
        self.assertIn("All of it is written, 3.0 MB in 0.", result.stderr)
        result = self.view("--output", "-", "--json")
        self.assertEqual((result.code, result.stdout), (0, ""))
        complete = json.loads(result.stderr.splitlines()[-1])
        self.assertEqual((complete["event"], complete["path"], complete["bytes"]),
                         ("complete", None, 3000000))

    def test_no_bar_where_there_is_no_cursor(self):
        self.env["TERM"] = "dumb"
        self.write_script(*FILM, *receive(1500000), f"state {COMPLETE}", "report")
        terminal = self.open_terminal("view", FILE_LINK, program=REHEARSAL)
        self.assertEqual(terminal.wait(), 0)
        self.assertNotIn("\x1b", terminal.output)
        self.assertNotIn("[#", terminal.output)


class SwarmTest(CliTestCase):
    PEERS = ["peer 1 6 0 12345 2500000 30000 120 0", "peer 2 4 1 80000 0 250000 0 31"]

    def test_json(self):
        self.write_script(*FILM, *self.PEERS, *receive(1000), "report", "wait 1200",
                          *receive(2000), "set done 3000000", f"state {COMPLETE}", "report")
        result = self.rehearse("view", FILE_LINK, "--json", "--stats", "1")
        self.assertEqual(result.code, 0)
        # One at once, one after a second, one at the end.
        peers = result.events("peers")
        self.assertEqual(len(peers), 3)
        self.assertEqual(peers[1]["peers"], [
            {"number": 1, "family": 6, "relayed": False, "rtt": 0.012345, "in": 2500000,
             "out": 30000, "received": 0, "sent": 0, "loss": 0, "taken": 120, "given": 0,
             "score": 0},
            {"number": 2, "family": 4, "relayed": True, "rtt": 0.08, "in": 0, "out": 250000,
             "received": 0, "sent": 0, "loss": 0, "taken": 0, "given": 31,
             "score": 0}])
        stats = result.events("stats")
        self.assertEqual(len(stats), 3)
        self.assertEqual(stats[0], {
            "event": "stats", "peers": 2, "received": 1000000, "sent": 500000, "taken": 0,
            "given": 0, "duplicates": 3, "late": 0, "missed": 0, "copies": None,
            "messages": 5000, "control": 0.005})
        self.assertEqual(result.events("uplink")[0], {
            "event": "uplink", "limit": None, "rate": None, "estimate": 1250000, "queue": 0.012,
            "competing": False})

    def test_no_statistics_unless_wanted(self):
        self.write_script(*FILM, *self.PEERS, *receive(1000), f"state {COMPLETE}", "report")
        result = self.rehearse("view", FILE_LINK, "--json", "--swarm")
        self.assertEqual(result.events("peers") + result.events("stats"), [])

    def test_for_people(self):
        self.write_script(*FILM, *self.PEERS, *receive(1000), f"state {COMPLETE}", "report")
        result = self.rehearse("view", FILE_LINK, "--stats=60")
        self.assertIn("1.0 MB in, 500.0 kB out, copies given: -, twice: 3, late: 0, missed: 0, "
                      "messages: 0.5 %\n", result.stderr)
        self.assertIn("  1  direct, IPv6       12 ms   20.0 Mbit/s    240 kbit/s    0.0 %       120         0  gives\n", result.stderr)
        self.assertIn("relayed, IPv4", result.stderr)

    def test_bad_number(self):
        for number in ("-1", "1000000", "x"):
            result = self.rehearse("view", FILE_LINK, f"--stats={number}")
            self.assertEqual((result.code, result.stdout), (2, ""))

    def test_table_on_a_terminal(self):
        self.write_script(*FILM, *receive(1000), "wait 100", self.PEERS[0], *receive(1500000),
                          "wait 200", "set problem It rains", self.PEERS[1], *receive(2000000),
                          "wait 200", "set done 3000000", f"state {COMPLETE}", "report")
        for columns in (30, 60, 80, 200):
            with self.subTest(columns=columns):
                terminal = self.open_terminal("view", FILE_LINK, "--swarm",
                                              program=REHEARSAL, columns=columns)
                terminal.wait_for("12 ms")
                terminal.wait_for("It rains")
                before = screen(terminal.output)
                self.assertEqual(terminal.wait(), 0)
                lines = screen(terminal.output)
                self.assertEqual(lines[-2:], ["A film.mkv", ""])
                self.assertEqual([line for line in lines if "%" in line or "Mbit" in line], [])
                self.assertIn("It rains", lines)
                shown = [line for line in before if "bit/s" in line]
                self.assertGreaterEqual(len(shown), 1)
                for line in shown:
                    self.assertLess(len(line), columns)

    def test_more_peers_than_lines(self):
        peers = [f"peer {number} 4 0 1000 100000 0 1 0" for number in range(1, 65)]
        self.write_script(*FILM, *peers, *receive(1000), "wait 300", *receive(2000), "wait 5000")
        terminal = self.open_terminal("view", FILE_LINK, "--swarm", program=REHEARSAL)
        terminal.wait_for(" more")
        terminal.read(0.6)
        lines = screen(terminal.output)
        self.assertEqual(len([line for line in lines if line.startswith("  1  ")]), 1)
        self.assertTrue(lines[-1].startswith("and 44 more"))
        terminal.type("\x03")
        terminal.wait()

    def test_broadcast(self):
        self.write_script(*BroadcastTest.SHARED, self.PEERS[1], "set peers 1", "report",
                          "fail 4 It has changed", "report")
        result = self.rehearse("broadcast", "film", "--json", "--stats", "1")
        self.assertEqual(result.events("peers")[0]["peers"][0]["number"], 2)


class BroadcastTest(CliTestCase):
    SHARED = ["set title A film", "set size 3000000", "set relays ws://one ws://two",
              f"state {ANNOUNCING}", "report", "set link defiance:naddr1x", f"state {SERVING}",
              "report"]

    def test_for_people(self):
        self.write_script(*self.SHARED, "set peers 1", "set sent 5000", "report", "wait 60000")
        process = self.start("broadcast", "film", program=REHEARSAL)
        self.assertEqual(process.stdout.readline(), "defiance:naddr1x\n")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=10)
        self.assertEqual((process.returncode, stdout), (130, ""))
        self.assertLess(stderr.index("Sharing"), stderr.index("announced at"))
        for words in ("Sharing “A film”, 3.0 MB", "announced at ws://one.", "ws://two",
                      "1 connected", "It is no longer shared. 5.0 kB were sent.\n"):
            self.assertIn(words, plain(stderr))

    def test_json(self):
        self.write_script("set size 3000000", "set indexed 1000000", "report", *self.SHARED,
                          "set lan 1", "set peers 3", "set rate 12.5", "set sent 77", "report",
                          "fail 4 It has changed", "report")
        result = self.rehearse("broadcast", "film", "--json")
        self.assertEqual(result.code, 6)
        self.assertEqual(result.events("indexing")[-1],
                         {"event": "indexing", "bytes": 1000000, "total": 3000000})
        self.assertEqual(result.events("link"), [
            {"event": "link", "link": "defiance:naddr1x", "title": "A film", "size": 3000000,
             "relays": ["ws://one", "ws://two"], "lan": False}])
        self.assertEqual(result.events("serving")[-1],
                         {"event": "serving", "peers": 3, "rate": 12.5, "sent": 77})
        self.assertEqual(result.events("error")[0]["code"], "file")

    def test_relay_that_comes_later(self):
        self.write_script(*self.SHARED, "set relays ws://one ws://two ws://three", "report",
                          "fail 4 Enough", "report")
        result = self.rehearse("broadcast", "film")
        self.assertEqual(result.stderr.count("announced at ws://one."), 1)
        self.assertEqual(result.stderr.count("announced at ws://three."), 1)
        self.assertEqual(result.stdout, "defiance:naddr1x\n")


class BrowseTest(CliTestCase):
    ENTRIES = ["entry 1000 90000 An old one", "entry 5000000 30 A new one", "complete 1"]

    def test_table(self):
        self.write_script(*self.ENTRIES)
        result = self.rehearse("browse", "--relay", "ws://x")
        self.assertEqual(result.code, 0)
        self.assertEqual([line.split() for line in result.stdout.splitlines()], [
            "A new one 5.0 MB just now defiance:naddr1entry1".split(),
            "An old one 1.0 kB 1 day ago defiance:naddr1entry0".split()])
        columns = {line.index("defiance:") for line in result.stdout.splitlines()}
        self.assertEqual(len(columns), 1)

    def test_json(self):
        self.write_script(*self.ENTRIES)
        old, new = self.rehearse("browse", "--json").events("entry")
        self.assertEqual((old["title"], old["size"], old["type"], old["author"], old["summary"]),
                         ("An old one", 1000, "video/mp4", "f00d", None))
        self.assertAlmostEqual(new["announced"], time.time() - 30, delta=10)

    def test_nothing_found(self):
        self.write_script("complete 1")
        result = self.rehearse("browse", "--relay", "ws://x")
        self.assertEqual((result.code, result.stdout), (0, ""))
        self.assertIn("Nothing is announced", result.stderr)
        self.write_script("complete 0")
        result = self.rehearse("browse")
        self.assertEqual((result.code, result.stdout), (0, ""))
        self.assertIn("Nothing is shared on this network", result.stderr)

    def test_no_relay_can_be_reached(self):
        self.write_script("problem It is down", "complete 0")
        result = self.rehearse("browse", "--relay", "ws://x", "--json")
        self.assertEqual(result.code, 4)
        self.assertEqual(result.events("problem")[0]["message"], "It is down")
        self.assertIn("It is down", result.events("error")[0]["message"])

    def test_follow(self):
        self.write_script(*self.ENTRIES, "wait 300", "entry 7 0 The newest", "wait 60000")
        process = self.start("browse", "--follow", "--relay", "ws://x", program=REHEARSAL)
        titles = [process.stdout.readline().split()[1] for _ in range(3)]
        self.assertEqual(titles, ["new", "old", "newest"])
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 130)

    def test_titles_of_others_do_not_steer_the_terminal(self):
        self.write_script(f"entry 1 1 {NASTY}", "complete 1")
        for columns in (60, 200):
            terminal = self.open_terminal("browse", program=REHEARSAL, columns=columns)
            self.assertEqual(terminal.wait(), 0)
            lines = screen(terminal.output)
            self.assertTrue(any("defiance:naddr1entry0" in line for line in lines), lines)
            self.assertNotIn("\u202e", terminal.output)


class EndTest(CliTestCase):
    """Every way in which a command can be ended."""

    def start_view(self, *argv, **options):
        self.write_script(*FILM, *receive(1000), *options.pop("then", ["wait 60000"]))
        process = self.start("view", FILE_LINK, "--json", *argv, program=REHEARSAL,
                             **options)
        while "progress" not in process.stdout.readline():
            pass
        return process

    def test_signals(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(signal=number):
                # Whoever runs the tests may ignore it, and what is ignored stays ignored.
                process = self.start_view(
                    preexec_fn=lambda default=number: signal.signal(default, signal.SIG_DFL))
                process.send_signal(number)
                stdout, _ = process.communicate(timeout=10)
                self.assertEqual(process.returncode, code)
                self.assertEqual(json.loads(stdout.splitlines()[-1]), {
                    "event": "interrupted", "signal": number.name, "exit": code})

    def test_hangup_that_is_ignored(self):
        process = self.start_view(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.5)

    def test_hanging_engine(self):
        process = self.start_view(then=["hang"])
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 130)
        self.assertLess(time.monotonic() - started, 1.9)

    def test_second_signal(self):
        process = self.start_view(then=["hang"])
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 130)
        self.assertLess(time.monotonic() - started, 0.7)

    def test_reader_who_leaves(self):
        process = self.start_view(then=["wait 200", *receive(2000), "wait 60000"])
        process.stdout.close()
        self.assertEqual(process.wait(10), 141)
        self.assertEqual(process.stderr.read(), "")
        process.stdout = open(os.devnull, encoding="ascii")

    def test_full_disk_below_standard_output(self):
        self.write_script(*FILM, f"state {COMPLETE}", "report")
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([REHEARSAL, "view", FILE_LINK, "--json"], env=self.env, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=10, check=False)
        self.assertEqual(done.returncode, 6)
        self.assertIn("No space left", done.stderr)

    def test_standard_output_that_is_closed(self):
        self.write_script(*FILM, f"state {COMPLETE}", "report")
        done = subprocess.run(["sh", "-c", '"$0" view "$1" --json >&-', REHEARSAL, FILE_LINK],
                              env=self.env, stderr=subprocess.PIPE, text=True, timeout=10, check=False)
        self.assertEqual(done.returncode, 6)
        self.assertIn("Cannot write the output", done.stderr)

    def test_prompt_stands_on_a_line_of_its_own(self):
        self.write_script(*FILM, *receive(1000), "wait 60000")
        terminal = self.open_terminal("view", FILE_LINK, program=REHEARSAL)
        terminal.wait_for(" 0 %")
        terminal.type("\x03")
        self.assertEqual(terminal.wait(), 130)
        lines = screen(terminal.output.replace("^C", ""))
        self.assertTrue(lines[-2].startswith("Stopped."), lines)
        self.assertEqual(lines[-1], "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
