#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_install.py BUILD_AUX: build-aux/install on systems that are only pretended."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD_AUX = pathlib.Path(sys.argv.pop(1))
DEBIAN = 'ID=debian\nVERSION_ID="12"\n'

# Each writes down how it was called. dpkg-query knows what the file "installed" lists.
TOOLS = {
    "dpkg-query": 'for name do case "$name" in -*|*\\ *) ;; *) grep -qx "$name" "$STATE/installed" '
                  '&& echo "installed $name" ;; esac; done; exit 1',
    "apt-get": 'echo "apt-get $*" >> "$STATE/calls"',
    "id": 'echo "${FAKE_UID:-0}"',
    "sudo": 'echo "sudo $*" >> "$STATE/calls"; while [ "${1#-}" != "$1" ]; do shift; done; "$@"',
}
REAL = ["sh", "awk", "dirname", "env", "grep", "cat"]


def listed(*uses):
    """The packages of these uses."""
    lines = re.findall(r"^([a-z]+)\s+(\S+)", (BUILD_AUX / "packages").read_text(), re.MULTILINE)
    return [name for use, name in lines if use in uses]


class System:
    """A folder with the tools of a machine, and what they were asked."""

    def __init__(self, folder, release=DEBIAN, installed=(), without=(), extra=()):
        self.folder = pathlib.Path(folder)
        (self.folder / "bin").mkdir()
        for name, script in {**TOOLS, **{name: ":" for name in extra}}.items():
            if name not in without:
                path = self.folder / "bin" / name
                path.write_text(f"#!/bin/sh\n{script}\n")
                path.chmod(0o755)
        for name in REAL:
            path = next(p for p in ("/usr/bin", "/bin") if os.path.exists(f"{p}/{name}"))
            (self.folder / "bin" / name).symlink_to(f"{path}/{name}")
        (self.folder / "release").write_text(release)
        (self.folder / "installed").write_text("".join(f"{name}\n" for name in installed))
        (self.folder / "calls").touch()

    def install(self, *uses, uid=0):
        result = subprocess.run(
            [BUILD_AUX / "install", *uses], capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
            env={"PATH": str(self.folder / "bin"), "STATE": str(self.folder), "FAKE_UID": str(uid),
                 "DFN_OS_RELEASE": str(self.folder / "release")})
        return result.returncode, result.stdout, result.stderr

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()


class InstallTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_everything_there(self):
        system = System(self.folder, installed=listed("build", "run"))
        self.assertEqual(system.install("build", "run"), (0, "", ""))
        self.assertEqual(system.calls(), [])

    def test_only_what_is_missing(self):
        names = listed("build", "run")
        system = System(self.folder, installed=names[1:])
        code, said, _ = system.install("build", "run")
        self.assertEqual((code, said), (0, ""))
        self.assertEqual(len(system.calls()), 2)
        self.assertTrue(system.calls()[0].endswith(" update"), system.calls())
        self.assertTrue(system.calls()[1].endswith(f" {names[0]}"), system.calls())

    def test_npm_of_debian_only_without_one(self):
        system = System(self.folder, installed=listed("build", "run", "test"), extra=["npm"])
        self.assertEqual(system.install("test")[0], 0)
        self.assertEqual(system.calls(), [])

    def test_npm_of_debian(self):
        system = System(self.folder, installed=listed("build", "run", "test"))
        self.assertEqual(system.install("test")[0], 0)
        self.assertTrue(system.calls()[1].endswith(" nodejs npm"), system.calls())

    def test_sudo(self):
        system = System(self.folder)
        self.assertEqual(system.install("build", uid=1000)[0], 0)
        self.assertIn("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get", system.calls()[0])

    def test_neither_root_nor_sudo(self):
        system = System(self.folder, without=["sudo"])
        code, _, said = system.install("build", uid=1000)
        self.assertEqual(code, 1)
        self.assertIn("sudo", said)
        self.assertIn("libnice-dev", said)
        self.assertEqual(system.calls(), [])

    def test_other_systems(self):
        releases = ("ID=fedora\nVERSION_ID=41\n", 'ID=debian\nVERSION_ID="11"\n',
                    'ID=ubuntu\nVERSION_ID="22.04"\n', "")
        for number, release in enumerate(releases):
            folder = pathlib.Path(self.folder, str(number))
            folder.mkdir()
            system = System(folder, release)
            code, _, said = system.install("build", "test")
            self.assertEqual(code, 1, release)
            for name in listed("build", "test"):
                self.assertIn(f"  {name}\n", said)
            self.assertEqual(system.calls(), [])

    def test_supported_systems(self):
        releases = ("ID=debian\n", 'ID=debian\nVERSION_ID="13"\n', 'ID=ubuntu\nVERSION_ID="24.04"\n')
        for number, release in enumerate(releases):
            folder = pathlib.Path(self.folder, str(number))
            folder.mkdir()
            system = System(folder, release)
            self.assertEqual(system.install("build")[0], 0, release)
            self.assertEqual(len(system.calls()), 2)


if __name__ == "__main__":
    unittest.main()
