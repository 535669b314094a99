#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Wrong and helpful words: help, version, errors of usage, with the real program."""

import json
import pathlib
import unittest

from rehearsal import FILE_LINK, LIVE_LINK, CliTestCase

COMMANDS = ("relay", "broadcast", "view", "browse", "identity")
SECRET = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"


class UsageTest(CliTestCase):
    def refuse(self, *argv, words=(), code=2):
        result = self.run_cli(*argv)
        self.assertEqual((result.code, result.stdout), (code, ""), argv)
        self.assertTrue(result.stderr.startswith("defiance-cli: "), result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        return result

    def test_help(self):
        for argv in (["--help"], ["-h"], ["help"]):
            result = self.run_cli(*argv)
            self.assertEqual((result.code, result.stderr), (0, ""))
            for command in COMMANDS:
                self.assertIn(f"\n  {command} ", result.stdout)

    def test_help_of_commands(self):
        for command in COMMANDS:
            texts = {self.run_cli(*argv).stdout
                     for argv in ([command, "--help"], [command, "-h"], ["help", command],
                                  [command, "--nonsense", "--help"])}
            self.assertEqual(len(texts), 1)
            text = texts.pop()
            self.assertIn(f"defiance-cli {command} ", text)
            self.assertEqual([line for line in text.splitlines() if len(line) > 79], [])

    def test_version(self):
        result = self.run_cli("--version")
        self.assertEqual(result.code, 0)
        self.assertRegex(result.stdout, r"^defiance-cli \d+\.\d+\.\d+\n$")

    def test_commands(self):
        self.refuse(words=["--help"])
        self.refuse("dance", words=["“dance”"])
        self.refuse("brodcast", words=["did you mean “broadcast”"])
        self.refuse("ident", words=["did you mean “identity”"])
        self.refuse("help", "vew", words=["did you mean “view”"])
        self.refuse("--verison", words=["did you mean --version"])
        self.refuse("--quiet", "browse", words=["follow the command"])
        self.refuse("", words=["“”"])

    def test_options(self):
        self.refuse("view", "x", "--ouptut", "y", words=["--ouptut", "did you mean --output"])
        self.refuse("view", "x", "--listen", "y", words=["--listen", "view --help"])
        self.refuse("view", "x", "-Z", words=["-Z"])
        self.refuse("view", "x", "--output", words=["--output"])
        self.refuse("browse", "--relai=ws://x", words=["did you mean --relay"])

    def test_arguments(self):
        self.refuse("view", words=["defiance-cli view LINK"])
        self.refuse("broadcast", words=["defiance-cli broadcast FILE"])
        self.refuse("broadcast", "one", "two", words=["quoted"])
        self.refuse("view", "one", "two")
        self.refuse("browse", "one")
        self.refuse("relay", "one")
        self.refuse("view", "x", "--output", "")
        self.refuse("view", "not a link", words=["link"])
        self.refuse("broadcast", "x", "--title", " ", words=["--title"])
        self.refuse("broadcast", "-", words=["--live", "./-"])
        self.refuse("broadcast", "x", "--identifier", "y", words=["--live"])
        self.refuse("broadcast", "--live", "-", "--identifier", "", words=["--identifier"])
        self.refuse("broadcast", "--live", "-", "--identifier", "y" * 65, words=["64"])
        self.refuse("broadcast", "--live", "not/there", words=["not/there"], code=6)
        self.refuse("browse", "--relay", "not a url")
        self.refuse("browse", "--relay", "http://example.org")
        for listen in ("nowhere:nothing", "127.0.0.1:65536", "127.0.0.1:", "[::1", "example.org:80",
                       "127.0.0.1:-1", ""):
            self.refuse("relay", "--listen", listen, words=["listen"])

    def test_file_that_is_not_there(self):
        self.refuse("broadcast", "missing", words=["missing"], code=6)

    def test_arguments_with_dashes(self):
        (self.home / "--json").write_text("")
        self.refuse("broadcast", "--", "--json", words=["“--json”", "empty"], code=6)

    def test_arguments_that_are_not_utf8(self):
        result = self.run_cli("view", b"\xff\xfe", "--json")
        self.assertEqual(result.code, 2)
        self.assertEqual(len(result.events("error")), 1)
        self.refuse("broadcast", "x", "--title", b"\xff", words=["UTF-8"])
        self.refuse(b"d\xffnce")

    def test_titles_in_the_c_locale(self):
        self.env["LANG"] = "C"
        (self.home / "empty").write_text("")
        self.refuse("broadcast", "empty", "--title", "Fête", words=["empty"], code=6)

    def test_servers(self):
        self.refuse("view", "x", "--force-relay", words=["DEFIANCE_TURN", "turn:USER"])
        self.refuse("view", "x", "--stun", "a b")
        self.env["DEFIANCE_TURN"] = "turn:somebody:hunter2@"
        result = self.refuse("view", "x", words=["DEFIANCE_TURN"])
        self.assertNotIn("hunter2", result.stderr)

    def test_uplink(self):
        for rate in ("8", "fast", "0mbit", "100kbit", "-8mbit"):
            self.refuse("view", "x", f"--uplink={rate}", words=["--uplink", "8mbit"])
        self.refuse("browse", "--uplink", "8mbit")

    def test_max_links(self):
        for number in ("", "0", "65", "-1", "many", "20x"):
            self.refuse("broadcast", "x", f"--max-links={number}", words=["--max-links", "64"])
        self.refuse("view", "x", "--max-links", "20")

    def test_behind(self):
        for time in ("", "5", "9s", "31min", "1801", "-20", "20h", "ten", "min"):
            self.refuse("view", LIVE_LINK, f"--behind={time}", words=["--behind", "10min"])
        for time in ("10", "90s", "30min"):
            self.refuse("view", FILE_LINK, "--behind", time, words=["live streams"])
        self.refuse("browse", "--behind", "20")

    def test_json(self):
        for argv in (["view", "--json"], ["--json"], ["dance", "--json"], ["view", "-j", "--foo"]):
            result = self.run_cli(*argv)
            self.assertEqual(result.code, 2)
            event = json.loads(result.stdout)
            self.assertEqual((event["event"], event["code"], event["exit"]), ("error", "usage", 2))
            self.assertIn(event["message"], result.stderr)

    def test_json_beside_content_on_standard_output(self):
        result = self.run_cli("view", "x", "--json", "--output", "-")
        self.assertEqual((result.code, result.stdout), (2, ""))
        self.assertEqual(json.loads(result.stderr.splitlines()[-1])["code"], "invalid-link")

    def test_secret_keys_are_not_repeated(self):
        for argv in (["identity", SECRET], ["identity", "import", SECRET],
                     ["identity", "import", "--replace", SECRET], ["identity", SECRET.upper()],
                     ["identity", "import", "my secret"], ["identity", "import", "c0ffee" * 10]):
            result = self.refuse(*argv, words=["every user"])
            for word in (SECRET[5:20], "my secret", "c0ffee"):
                self.assertNotIn(word, result.stderr.lower())
        self.refuse("identity", "show", "more", words=["more arguments"])
        self.assertFalse(pathlib.Path(self.home, "data", "defiance", "identity").exists())


class RelayTest(CliTestCase):
    def start_relay(self, *argv):
        relay = self.start("relay", "--listen", "127.0.0.1:0", "--json", *argv)
        event = json.loads(relay.stdout.readline())
        self.assertEqual(event["event"], "listening")
        return relay, event["urls"][0]

    def test_addresses(self):
        relay, url = self.start_relay()
        self.assertRegex(url, r"^ws://127\.0\.0\.1:\d+$")
        result = self.run_cli("browse", "--relay", url)
        self.assertEqual((result.code, result.stdout), (0, ""))
        port = url.rsplit(":", 1)[1]
        second = self.run_cli("relay", "--listen", f"127.0.0.1:{port}")
        self.assertEqual(second.code, 4)
        self.assertIn(port, second.stderr)
        relay.terminate()
        self.assertEqual(relay.wait(10), 143)

    def test_for_people(self):
        relay = self.start("relay", "--listen", "localhost:0", "--store", "events")
        self.assertRegex(relay.stdout.readline(), r"^ws://127\.0\.0\.1:\d+\n$")
        relay.send_signal(2)
        stdout, stderr = relay.communicate(timeout=10)
        self.assertEqual((relay.returncode, stdout), (130, ""))
        self.assertIn("“events”", stderr)
        self.assertIn("It took 0 events.", stderr)
        self.assertTrue((self.home / "events").exists())

    def test_store_that_cannot_be(self):
        (self.home / "text").write_text("This is no database, and it is longer than a header of one."
                                        * 20)
        for store in ("text", "/proc/nothing", str(self.home), "no/folder"):
            with self.subTest(store=store):
                result = self.run_cli("relay", "--listen", "127.0.0.1:0", "--store", store)
                self.assertEqual(result.code, 6, result.stderr)
        self.assertTrue((self.home / "text").read_text().startswith("This"))

    def test_nobody_answers(self):
        result = self.run_cli("browse", "--relay", "ws://127.0.0.1:9", "--json")
        self.assertEqual(result.code, 4)
        self.assertEqual(result.events("error")[0]["code"], "network")
        self.assertIn("127.0.0.1:9", result.events("error")[0]["message"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
