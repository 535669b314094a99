#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The bash completion, asked as bash asks it."""

import os
import re
import subprocess
import unittest

from rehearsal import CliTestCase

SCRIPT = os.environ["DEFIANCE_COMPLETION"]
COMMANDS = {"relay", "broadcast", "view", "browse", "identity"}

# Splits a line as bash does by default, at = and : too, and prints what would be offered.
ASK = r"""
source "$1"
line=$2
COMP_WORDS=() COMP_CWORD=0
for word in $line; do
  while [[ $word =~ ^([^=:]*)([=:]+)(.*)$ ]]; do
    [[ -n ${BASH_REMATCH[1]} ]] && COMP_WORDS+=("${BASH_REMATCH[1]}")
    COMP_WORDS+=("${BASH_REMATCH[2]}")
    word=${BASH_REMATCH[3]}
  done
  [[ -n $word ]] && COMP_WORDS+=("$word")
done
[[ $line == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE=$line COMP_POINT=${#line}
$(complete -p defiance-cli | sed 's/.*-F \([^ ]*\) .*/\1/')
printf '%s\n' "${COMPREPLY[@]}"
"""


class CompletionTest(CliTestCase):
    def complete(self, line):
        done = subprocess.run(["bash", "--norc", "-uc", ASK, "bash", SCRIPT, line], cwd=self.home,
                              env=self.env, capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "", line)
        return {word for word in done.stdout.splitlines() if word}

    def test_commands(self):
        self.assertEqual(self.complete("defiance-cli "), COMMANDS | {"help", "--help", "--version"})
        self.assertEqual(self.complete("defiance-cli br"), {"broadcast", "browse"})
        self.assertEqual(self.complete("defiance-cli help "), COMMANDS)
        self.assertEqual(self.complete("defiance-cli help view "), set())

    def test_options_are_those_of_the_help(self):
        for command in COMMANDS:
            text = self.run_cli(command, "--help").stdout
            options = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.MULTILINE))
            self.assertGreater(len(options), 4)
            self.assertEqual(self.complete(f"defiance-cli {command} -"), options)
            self.assertEqual(self.complete(f"defiance-cli {command} --js"), {"--json"})

    def test_names_of_files(self):
        for name in ("film one.mkv", "film-two.mkv", "other"):
            (self.home / name).write_text("")
        (self.home / "films").mkdir()
        films = {"film one.mkv", "film-two.mkv", "films"}
        for line in ("broadcast fi", "broadcast --json fi", "broadcast --title x fi",
                     "broadcast --relay ws://x fi", "view --output fi", "view --output=fi",
                     "view -o fi", "relay --store fi", "view x --output fi"):
            self.assertEqual(self.complete(f"defiance-cli {line}"), films, line)
        self.assertEqual(self.complete("defiance-cli view --output="), films | {"other"})
        self.assertEqual(self.complete("defiance-cli broadcast other fi"), set())
        self.assertEqual(self.complete("defiance-cli view fi"), set())
        self.assertEqual(self.complete("defiance-cli broadcast --title fi"), set())

    def test_words(self):
        self.assertEqual(self.complete("defiance-cli identity "),
                         {"show", "create", "import", "export"})
        self.assertEqual(self.complete("defiance-cli identity --json ex"), {"export"})
        self.assertEqual(self.complete("defiance-cli identity export "), set())
        self.assertEqual(self.complete("defiance-cli browse --relay w"), {"ws:", "wss:"})
        self.assertEqual(self.complete("defiance-cli browse --relay=ws"), {"ws:", "wss:"})
        self.assertEqual(self.complete("defiance-cli dance "), set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
