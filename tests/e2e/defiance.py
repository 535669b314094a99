# SPDX-License-Identifier: MIT
"""The command line as end-to-end tests use it: relays, broadcasts and views in a laboratory."""

import functools
import hashlib
import os
import pathlib
import random
import sys
import time
import unittest

# The tests also run by hand, without the build system's settings.
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "netlab"))

from lab import Lab, skip  # noqa: E402

CHUNK = 65536  # of a small file
BLOCK = 1 << 20
RELAY_PORT = 7777

# Exit codes, as the manual page documents them.
OK, USAGE, NOT_FOUND, NETWORK, INTEGRITY, LOCAL_FILE, INTERRUPTED = 0, 2, 3, 4, 5, 6, 130


def cli():
    """The program under test."""
    built = pathlib.Path(__file__).resolve().parents[2] / "build" / "src" / "cli" / "defiance-cli"
    return os.environ.get("DEFIANCE_CLI") or str(built)


def main(*programs):
    """Runs the tests of a file, or skips them where they cannot run."""
    if not os.access(cli(), os.X_OK):
        skip(f"DEFIANCE_CLI names no program: {cli()}")
    Lab.skip_unless_possible(*programs)
    unittest.main(verbosity=2)


def make_file(path, size, seed=1):
    """A file of that size that cannot be compressed and is the same for the same seed."""
    generator = random.Random(seed)
    with open(path, "wb") as file:
        for start in range(0, size, BLOCK):
            file.write(generator.randbytes(min(BLOCK, size - start)))
    return path


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


class Broadcast:
    """A running `broadcast`, with the link it printed; wait=False: which will be waited for."""

    def __init__(self, host, path, *arguments, env=None, cwd=None, wait=True):
        self.program = host.start(cli(), "broadcast", path, "--json", *arguments, env=env, cwd=cwd,
                                  name=f"{host.name}/broadcast")
        if wait:
            assert self.link

    @functools.cached_property
    def link(self):
        """What viewers need; waits until there is one."""
        return self.program.wait_event("link")["link"]


def start_relay(host, port=RELAY_PORT, address=None):
    """Our relay in a host; the program and its URL."""
    address = address or host.ipv4 or host.ipv6
    text = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    program = host.start(cli(), "relay", "--listen", text, "--store", host.home / "relay.db",
                         name=f"{host.name}/relay")
    host.wait_for_port(port, address)
    return program, f"ws://{text}"


def start_fake_relay(host, mode, port=RELAY_PORT):
    """A relay that does not behave; its URL. See fake_relay.py for the modes."""
    script = pathlib.Path(__file__).with_name("fake_relay.py")
    host.start(sys.executable, script, mode, str(port), name=f"{host.name}/relay-{mode}")
    host.wait_for_port(port)
    return f"ws://{host.ipv4}:{port}"


def start_view(host, link, output, *arguments, json=True, env=None, cwd=None):
    """A running `view`."""
    words = [cli(), "view", link, *(["--json"] if json else []), *arguments]
    if output is not None:
        words += ["--output", output]
    return host.start(*words, env=env, cwd=cwd, name=f"{host.name}/view")


class LabTestCase(unittest.TestCase):
    """Tests that share one laboratory, which make_lab() gives."""

    lab = None

    @classmethod
    def make_lab(cls):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(cls.make_lab())

    def run(self, result=None):
        """Shows what the programs of a failed test printed, and ends them with their test."""
        before = len(self.lab.programs)
        bad = len(result.failures) + len(result.errors)
        started = time.monotonic()
        super().run(result)
        print(f"    {time.monotonic() - started:.1f} s", file=sys.stderr)
        if len(result.failures) + len(result.errors) > bad:
            self.lab.report(before)
        for program in self.lab.programs[before:]:
            program.kill()
        return result

    def assert_same_file(self, first, second):
        self.assertEqual(os.path.getsize(first), os.path.getsize(second))
        self.assertEqual(sha256(first), sha256(second))

    def assert_fails(self, program, codes, *words, timeout=30):
        """The program ends with one of the codes and says every word, whatever else it says."""
        code = program.wait(timeout)
        self.assertIn(code, codes if isinstance(codes, tuple) else (codes,), program.text())
        text = program.text().lower()
        for word in words:
            self.assertIn(word.lower(), text)
        self.assertNotIn("critical", text)
        self.assertNotIn("assertion", text)
