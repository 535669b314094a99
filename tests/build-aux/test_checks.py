#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_checks.py BUILD_AUX: whether each check passes a small clean tree and refuses a broken one."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

BUILD_AUX = pathlib.Path(sys.argv.pop(1))
LICENCE = "/* SPDX-License-Identifier: MIT */\n"
MESON = "# SPDX-License-Identifier: MIT\n"

CLEAN = {
    "README.md": "See [the map](HACKING.md) and `src/core/dfn-a.h`.\n",
    "HACKING.md": "# The map\n",
    "src/core/dfn-a.h": LICENCE + "#pragma once\n",
    "src/core/dfn-a.c": LICENCE + '#include "dfn-a.h"\n\nstatic int\na (void)\n{\n  return 1;\n}\n',
    "src/nostr/dfn-b.c": LICENCE + '#include "dfn-a.h"\n',
    "src/nostr/meson.build": MESON + "dfn_nostr_deps = [dfn_core_dep]\n",
    "po/POTFILES": "",
    "po/LINGUAS": "",
    ".clang-format": (BUILD_AUX.parent / ".clang-format").read_text(),
}


def run(check, files):
    """The exit code of a check over a tree of these files, and what it said."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**CLEAN, **files}.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        result = subprocess.run([sys.executable, BUILD_AUX / f"check-{check}", folder],
                                capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr


class ChecksTest(unittest.TestCase):
    def test_clean_tree(self):
        for check in ("docs", "format", "hygiene", "licence", "modules", "size", "translations"):
            code, said = run(check, {})
            self.assertIn(code, (0, 77), f"{check}: {said}")

    def assert_refused(self, check, files, *words):
        code, said = run(check, files)
        self.assertEqual(code, 1, said)
        for word in words:
            self.assertIn(word, said)

    def test_upward_include(self):
        self.assert_refused("modules", {
            "src/nostr/dfn-b.h": LICENCE,
            "src/core/dfn-c.c": LICENCE + '#include "dfn-b.h"\n',
        }, "src/core/dfn-c.c", "may not use")

    def test_include_by_way_of_another_module(self):
        self.assert_refused("modules", {
            "src/nostr/dfn-b.h": LICENCE,
            "src/streaming/dfn-c.c": LICENCE + '#include "dfn-b.h"\n',
        }, "streaming may not use")

    def test_include_by_path(self):
        self.assert_refused("modules", {
            "src/nostr/dfn-b.c": LICENCE + '#include "../core/dfn-a.h"\n',
        }, "by a path")

    def test_same_name_twice(self):
        self.assert_refused("modules", {"src/nostr/dfn-a.h": LICENCE}, "twice")

    def test_module_without_arrows(self):
        self.assert_refused("modules", {"src/attic/dfn-c.h": LICENCE}, "src/attic")

    def test_upward_dependency(self):
        self.assert_refused("modules", {
            "src/core/meson.build": MESON + "dfn_core_deps = [dfn_nostr_dep]\n",
        }, "dfn_nostr_dep")

    def test_exported_folder(self):
        self.assert_refused("modules", {
            "src/core/meson.build": MESON + "x = include_directories('..')\n",
        }, "its own folder")

    def test_unformatted(self):
        code, said = run("format", {"src/core/dfn-a.c": LICENCE + "int a(void) {return 1;}\n"})
        if code == 77:
            self.skipTest(said)
        self.assertEqual(code, 1, said)
        self.assertIn("dfn-a.c", said)

    def test_no_licence(self):
        for name in ("src/core/dfn-c.c", "src/core/meson.build", "tests/x.py"):
            self.assert_refused("licence", {name: "\n"}, name)
        self.assert_refused("licence", {"build-aux/tool": "#!/bin/sh\necho\n"}, "build-aux/tool")

    def test_large(self):
        self.assert_refused("size", {"src/core/dfn-a.h": LICENCE + "\n" * 800}, "801 lines")
        body = "".join("  a ();\n" for _ in range(80))
        self.assert_refused("size", {
            "src/core/dfn-c.c": f"{LICENCE}void\nlong_one (void)\n{{\n{body}}}\n",
        }, "long_one: 82 lines")
        body = "".join("    a()\n" for _ in range(80))
        self.assert_refused("size", {"tests/x.py": f"def long_one():\n{body}"}, "long_one")

    def test_foreign(self):
        for text in ("see https://registry." + "npmjs.org/x", "in /" + "root/defiance", "TO" + "DO"):
            self.assert_refused("hygiene", {"src/core/dfn-c.c": text}, "dfn-c.c:1")
        self.assert_refused("hygiene", {"data/picture": b"\0\xff"}, "data/picture")
        self.assert_refused("hygiene", {"data/big.txt": "x" * (1 << 20) + "x"}, "data/big.txt")
        code, said = run("hygiene", {"tests/fuzz/corpus/a/seed": b"\0\xff"})
        self.assertEqual(code, 0, said)

    def test_texts_without_translators(self):
        source = LICENCE + 'const char *\na (void)\n{\n  return _ ("a text");\n}\n'
        self.assert_refused("translations", {"src/core/dfn-c.c": source}, "does not name src/core")
        self.assert_refused("translations", {"po/POTFILES": "src/core/dfn-a.c\n"}, "has no texts")
        self.assert_refused("translations", {"po/LINGUAS": "xx\n"}, "no po/xx.po")

    def test_documents(self):
        self.assert_refused("docs", {"README.md": "[gone](doc/gone.md)\n"}, "doc/gone.md")
        self.assert_refused("docs", {"README.md": "[gone](HACKING.md#nowhere)\n"}, "nowhere")
        self.assert_refused("docs", {"HACKING.md": "`src/core/dfn-gone.c`\n"}, "dfn-gone.c")
        self.assert_refused("docs", {"HACKING.md": "run `./build-aux/gone`\n"}, "build-aux/gone")


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    unittest.main()
