#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every text for people is translated into every language that there is.

    test_translations.py ROOT

The texts are taken out of the sources anew, so that one that was added or changed without its
translations is found here.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else pathlib.Path.cwd()
PO = ROOT / "po"

# What xgettext is told by meson's preset "glib".
KEYWORDS = ("_", "N_", "C_:1c,2", "NC_:1c,2", "g_dcgettext:2", "g_dngettext:2,3", "g_dpgettext2:2c,3")


def words_of(path):
    """The lines of a list, without comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


class TranslationTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("xgettext"):
            raise unittest.SkipTest("gettext is not installed")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="defiance-po-"))
        cls.template = cls.folder / "defiance.pot"
        subprocess.run(["xgettext", "--from-code=UTF-8", "--add-comments", "--output", cls.template,
                        *(f"--keyword={word}" for word in KEYWORDS), *words_of(PO / "POTFILES")],
                       cwd=ROOT, check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_all_texts_are_translated(self):
        for language in words_of(PO / "LINGUAS"):
            with self.subTest(language=language):
                merged = self.folder / f"{language}.po"
                subprocess.run(["msgmerge", "--quiet", "--no-fuzzy-matching", "--output-file", merged,
                                PO / f"{language}.po", self.template], check=True)
                done = subprocess.run(
                    ["msgfmt", "--check", "--statistics", "--output-file=/dev/null", merged],
                    env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
                    check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, r"^\d+ translated messages\.\n$")

    def test_nothing_is_left_over(self):
        for language in words_of(PO / "LINGUAS"):
            text = (PO / f"{language}.po").read_text(encoding="utf-8")
            self.assertNotIn("#~", text)
            self.assertNotIn("fuzzy", text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
