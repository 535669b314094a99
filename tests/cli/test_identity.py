#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The identity commands: nothing is made unasked, nothing replaced unasked, no secret shown."""

import stat
import unittest

from rehearsal import CliTestCase

# NIP-19's and NIP-06's published examples.
FIRST_SECRET = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"
FIRST_PUBLIC = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg"
SECOND_SECRET = "nsec10allq0gjx7fddtzef0ax00mdps9t2kmtrldkyjfs8l5xruwvh2dq0lhhkp"
SECOND_PUBLIC = "npub1zutzeysacnf9rru6zqwmxd54mud0k44tst6l70ja5mhv8jjumytsd2x7nu"


class IdentityTest(CliTestCase):
    def setUp(self):
        super().setUp()
        self.file = self.home / "data" / "defiance" / "identity"

    def identity(self, *argv, **options):
        return self.run_cli("identity", *argv, **options)

    def succeed(self, *argv, **options):
        result = self.identity(*argv, **options)
        self.assertEqual(result.code, 0, result.stderr)
        return result

    def test_show_creates_nothing(self):
        for argv in ([], ["show"], ["export"]):
            result = self.identity(*argv)
            self.assertEqual((result.code, result.stdout), (3, ""))
            self.assertIn("identity create", result.stderr)
            self.assertFalse(self.file.exists())

    def test_create(self):
        created = self.succeed("create")
        self.assertRegex(created.stdout, "^npub1[a-z0-9]{58}\n$")
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        self.assertEqual(self.succeed().stdout, created.stdout)
        content = self.file.read_bytes()
        again = self.identity("create")
        self.assertEqual((again.code, again.stdout), (6, ""))
        self.assertIn("--replace", again.stderr)
        self.assertEqual(self.file.read_bytes(), content)
        self.assertNotEqual(self.succeed("create", "--replace").stdout, created.stdout)
        self.assertEqual((self.file.parent / "identity.old-1").read_bytes(), content)

    def test_import(self):
        for text in (FIRST_SECRET, FIRST_SECRET + "\n", f"  {FIRST_SECRET} \r\nmore\n"):
            result = self.succeed("import", "--replace", stdin=text)
            self.assertEqual(result.stdout, FIRST_PUBLIC + "\n")
        refused = self.identity("import", stdin=SECOND_SECRET)
        self.assertEqual(refused.code, 6)
        self.assertEqual(self.succeed().stdout, FIRST_PUBLIC + "\n")
        self.succeed("import", "--replace", stdin=SECOND_SECRET)
        self.assertEqual(self.succeed().stdout, SECOND_PUBLIC + "\n")

    def test_import_of_something_else(self):
        for text in ("", "\n", "some nonsense", FIRST_PUBLIC, FIRST_SECRET[:-1] + "q", "x" * 5000,
                     "0" * 64):
            with self.subTest(text=text[:20]):
                result = self.identity("import", stdin=text)
                self.assertEqual((result.code, result.stdout), (2, ""))
                self.assertNotIn(text.strip()[5:] or "nothing", result.stderr)
                self.assertFalse(self.file.exists())

    def test_export(self):
        self.succeed("import", stdin=FIRST_SECRET)
        result = self.succeed("export")
        self.assertEqual(result.stdout, FIRST_SECRET + "\n")
        self.assertIn("in your name", result.stderr)
        self.assertNotIn("nsec", result.stderr)
        event, = self.succeed("export", "--json").events()
        self.assertEqual(event, {"event": "secret-key", "nsec": FIRST_SECRET})

    def test_json(self):
        event, = self.succeed("import", "--json", stdin=FIRST_SECRET).events()
        self.assertEqual((event["event"], event["npub"], len(event["pubkey"])),
                         ("identity", FIRST_PUBLIC, 64))
        self.assertEqual(self.succeed("--json").events(), [event])

    def test_file_that_others_may_read(self):
        self.succeed("create")
        self.file.chmod(0o644)
        for argv in (["show"], ["export"], ["create"]):
            result = self.identity(*argv)
            self.assertEqual((result.code, result.stdout), (6, ""))

    def test_unknown_action(self):
        result = self.identity("exprot")
        self.assertEqual(result.code, 2)
        self.assertIn("“export”", result.stderr)

    def test_typing_is_not_shown(self):
        terminal = self.open_terminal("identity", "import")
        terminal.wait_for("Secret key")
        terminal.read(0.2)
        self.assertFalse(terminal.echoes())
        terminal.type(FIRST_SECRET + "\n")
        terminal.wait_for(FIRST_PUBLIC)
        self.assertEqual(terminal.wait(), 0)
        self.assertNotIn(FIRST_SECRET[5:], terminal.output)

    def test_interrupted_prompt(self):
        terminal = self.open_terminal("identity", "import")
        terminal.wait_for("Secret key")
        terminal.read(0.2)
        terminal.type("\x03")
        self.assertEqual(terminal.wait(), 130)
        self.assertFalse(self.file.exists())

    def test_export_on_a_terminal(self):
        self.succeed("import", stdin=FIRST_SECRET)
        for answer, code in (("no\n", 2), ("\n", 2), ("y\n", 0), ("YES\n", 0)):
            with self.subTest(answer=answer):
                terminal = self.open_terminal("identity", "export")
                terminal.wait_for("Type “yes”")
                terminal.type(answer)
                self.assertEqual(terminal.wait(), code)
                self.assertEqual(FIRST_SECRET in terminal.output, code == 0)
        terminal = self.open_terminal("identity", "export", "--yes")
        self.assertEqual(terminal.wait(), 0)
        self.assertIn(FIRST_SECRET, terminal.output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
