# SPDX-License-Identifier: MIT
"""Runs the program for tests: the real one, or the one whose engine plays a script."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

CLI = os.environ["DEFIANCE_CLI"]
REHEARSAL = os.environ.get("DEFIANCE_CLI_REHEARSAL", "")
FILE_LINK = ("defiance:naddr1qqzxv6tvd5pzq7d7vel0nh9m4326qc54e6rskpczn07dktww9rv4nu5"
             "ptvt0s9ucqvzqqqyvgcmqvqay")
LIVE_LINK = ("defiance:naddr1qqz8x6r0wupzq7d7vel0nh9m4326qc54e6rskpczn07dktww9rv4nu5"
             "ptvt0s9ucqvzqqqrkvuvsy9w5")


def environment(home, **more):
    """Nothing of the user's own settings reaches the program."""
    kept = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "G_DEBUG")
    env = {key: value for key, value in os.environ.items() if key in kept}
    env.update(HOME=str(home), XDG_DATA_HOME=str(home / "data"), LANG="C.UTF-8", TERM="xterm")
    env.update(more)
    return {key: value for key, value in env.items() if value is not None}


def plain(text):
    """Sizes have a space that does not break between number and unit."""
    return text.replace("\u00a0", " ")


class Result:
    def __init__(self, code, stdout, stderr):
        self.code = code
        self.stdout = plain(stdout)
        self.stderr = plain(stderr)

    def events(self, name=None):
        events = [json.loads(line) for line in self.stdout.splitlines()]
        return [event for event in events if name in (None, event["event"])]


class Terminal:
    """A program on a pseudoterminal, and what appears there."""

    def __init__(self, argv, env, columns=80):
        self.output = ""
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(argv[0], argv, env)

    def read(self, seconds):
        """Reads for that long, or until the program closes the terminal; whether it goes on."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.output += data.decode("utf-8")
        return True

    def wait_for(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in self.output:
            if not self.read(0.05) and text not in self.output or time.monotonic() > end:
                raise AssertionError(f"{text!r} did not appear in {self.output!r}")

    def type(self, text):
        os.write(self.fd, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def wait(self, seconds=20):
        """Its exit code."""
        end = time.monotonic() + seconds
        while self.read(0.05) and time.monotonic() < end:
            pass
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError(f"it did not end; it said {self.output!r}")


def screen(output):
    """The lines that stand on a terminal after that output: the few controls that we use."""
    lines, row, column = [""], 0, 0
    position = 0
    while position < len(output):
        char = output[position]
        if char == "\r":
            column = 0
        elif char == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif output.startswith("\x1b[K", position):
            lines[row] = lines[row][:column]
            position += 2
        elif output.startswith("\x1b[J", position):
            lines[row] = lines[row][:column]
            del lines[row + 1:]
            position += 2
        elif up := re.match(r"\x1b\[(\d+)A", output[position:position + 8]):
            row = max(row - int(up.group(1)), 0)
            position += len(up.group()) - 1
        elif char < " " or "\x7f" <= char <= "\x9f":
            raise AssertionError(f"control character {char!r} in {output!r}")
        else:
            lines[row] = lines[row].ljust(column)
            lines[row] = lines[row][:column] + char + lines[row][column + 1:]
            column += 1
        position += 1
    return [line.rstrip() for line in lines]


class CliTestCase(unittest.TestCase):
    """Tests in a home folder of their own."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="defiance-cli-"))
        self.addCleanup(shutil.rmtree, self.home)
        self.env = environment(self.home)

    def write_script(self, *lines):
        path = self.home / "script"
        path.write_text("\n".join(lines), encoding="utf-8")
        self.env["DFN_REHEARSAL"] = str(path)

    def run_cli(self, *argv, program=CLI, stdin="", timeout=30):
        done = subprocess.run([program, *argv], env=self.env, cwd=self.home, input=stdin, text=True,
                              capture_output=True, timeout=timeout, check=False)
        return Result(done.returncode, done.stdout, done.stderr)

    def rehearse(self, *argv, **options):
        return self.run_cli(*argv, program=REHEARSAL, **options)

    def start(self, *argv, program=CLI, **options):
        process = subprocess.Popen([program, *argv], env=self.env, cwd=self.home, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.addCleanup(end, process)
        return process

    def open_terminal(self, *argv, program=CLI, columns=80):
        return Terminal([program, *argv], self.env, columns)


def end(process):
    if process.poll() is None:
        process.kill()
    process.communicate()
