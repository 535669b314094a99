#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The manual page: well-formed, and it says of every option and event what the program has."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

from rehearsal import CliTestCase

PAGE = pathlib.Path(os.environ["DEFIANCE_MANUAL"])
SOURCES = pathlib.Path(os.environ["DEFIANCE_CLI_SOURCES"])
COMMANDS = ("relay", "broadcast", "view", "browse", "identity")
SHARED = "Options of broadcast and view"


def unescape(text):
    """The characters of a line of roff, without fonts."""
    return re.sub(r"\\f[BIRP]", "", text).replace(r"\-", "-").replace(r"\&", "")


def sections():
    """{(heading, subheading): lines of roff}"""
    found, key = {}, ("", "")
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith(".SH "):
            key = (line[4:], "")
        elif line.startswith(".SS "):
            key = (key[0], unescape(line[4:]))
        else:
            found.setdefault(key, []).append(line)
    return found


def tags(lines):
    """What the entries of a section are about: the line after each .TP."""
    return [unescape(lines[number + 1]) for number, line in enumerate(lines) if line == ".TP"]


def options(lines):
    """{"--name": ("-n" or None, whether a value follows)}"""
    found = {}
    for tag in tags(lines):
        words = tag.replace('"', "").replace(",", " ")
        for name in re.findall(r"--[a-z-]+", words):
            letter = re.search(r"(?<![\w-])-[a-zA-Z](?![\w-])", words)
            found[name] = (letter and letter.group(), "=" in words)
    return found


def options_of_help(text):
    return {name: (letter[:2] or None, bool(value)) for letter, name, value in
            re.findall(r"^  (-\w, )?(--[a-z-]+)(=?)", text, re.MULTILINE)}


class ManualTest(CliTestCase):
    maxDiff = None

    def test_options(self):
        page = sections()
        for command in COMMANDS:
            described = options(page["COMMANDS", command])
            described |= options(page["OPTIONS", "Options of all commands"])
            if command in SHARED:
                described |= options(page["OPTIONS", SHARED])
            shown = options_of_help(self.run_cli(command, "--help").stdout)
            self.assertGreater(len(shown), 4)
            self.assertEqual(described, shown, command)
        self.assertEqual(options(page["OPTIONS", "Options without a command"]),
                         options_of_help(self.run_cli("--help").stdout))

    def test_commands(self):
        described = {sub for heading, sub in sections() if heading == "COMMANDS" and sub}
        self.assertEqual(described, set(COMMANDS))
        shown = re.findall(r"^  (\w+)  ", self.run_cli("--help").stdout, re.MULTILINE)
        self.assertEqual(set(shown), set(COMMANDS))

    def test_events(self):
        emitted = {}
        for path in SOURCES.glob("*.c"):
            for function in re.split(r"^}$", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
                names = re.findall(r'dfn_cli_event_new \("([a-z-]+)"\)', function)
                names += re.findall(r'dfn_cli_report_reading \([^,]+, "([a-z-]+)"', function)
                names += re.findall(r'\{\\"event\\":\\"([a-z-]+)\\"', function)
                members = re.findall(r'dfn_cli_event_add_\w+ \([^"]*"([a-z]+)"', function)
                members += re.findall(r',\\"([a-z]+)\\":', function)
                for name in names:
                    emitted.setdefault(name, set()).update(members)
        reading = {"bytes", "total"}
        emitted["indexing"], emitted["checking"] = reading, reading
        described = {sub: {tag.split(" ", 1)[1] for tag in tags(lines)}
                     for (heading, sub), lines in sections().items() if heading == "EVENTS" and sub}
        self.assertGreater(len(emitted), 10)
        self.assertEqual(described, emitted)

    def test_exit_codes(self):
        header = (SOURCES / "dfn-cli-exit.h").read_text(encoding="utf-8")
        codes = set(re.findall(r"DFN_CLI_EXIT_\w+ = (\d+)", header))
        lines = [tag for tag in tags(sections()["EXIT STATUS", ""])]
        self.assertEqual(set(re.findall(r"\d+", " ".join(lines))), codes)

    def test_form(self):
        checkers = ([shutil.which("groff"), "-man", "-ww", "-z", "-Tutf8"],
                    [shutil.which("mandoc"), "-T", "lint", "-W", "warning"])
        checkers = [words for words in checkers if words[0]]
        if not checkers:
            self.skipTest("neither groff nor mandoc is installed")
        for words in checkers:
            done = subprocess.run([*words, PAGE], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
