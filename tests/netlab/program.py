# SPDX-License-Identifier: MIT
"""A program that runs in a host of the laboratory, its output line by line."""

import json
import os
import re
import signal
import subprocess
import threading
import time

# Lines kept of one program; who prints more loses the oldest.
KEPT_LINES = 20000
TAIL_LINES = 25


class ProgramError(AssertionError):
    """A program did not do what a test waited for."""


class Line:
    """One line that a program printed, when (seconds since its start) and where."""

    def __init__(self, seconds, stream, text):
        self.seconds = seconds
        self.stream = stream
        self.text = text

    def json(self):
        """The object in the line, or None when there is none."""
        try:
            value = json.loads(self.text)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


class Program:
    """Started at once; stop() or the end of the laboratory ends it with all its children."""

    def __init__(self, name, argv, launcher=(), env=None, cwd=None, stdin=subprocess.DEVNULL):
        self.name = name
        self.argv = [str(word) for word in argv]
        self.lines = []
        self.started = time.monotonic()
        self._dropped = 0
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [*launcher, *self.argv], env=env, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        self._readers = [
            threading.Thread(target=self._read, args=(stream, pipe), daemon=True)
            for stream, pipe in (("stdout", self.process.stdout), ("stderr", self.process.stderr))]
        self._code = None
        self.cpu_seconds = None
        self._waiter = threading.Thread(target=self._wait_for_end, daemon=True)
        for thread in (*self._readers, self._waiter):
            thread.start()

    def _wait_for_end(self):
        # Popen's own waiting would lose what the program used.
        _, status, usage = os.wait4(self.pid, 0)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self.process.returncode = self._code = os.waitstatus_to_exitcode(status)
        with self._changed:
            self._changed.notify_all()

    def _read(self, stream, pipe):
        # A progress bar draws over its line with carriage returns: each drawing counts as a line.
        for raw in pipe:
            for part in re.split("[\r\n]+", raw.decode("utf-8", "replace")):
                if part:
                    self._add(Line(time.monotonic() - self.started, stream, part))
        pipe.close()
        with self._changed:
            self._changed.notify_all()

    def _add(self, line):
        with self._changed:
            self.lines.append(line)
            if len(self.lines) > KEPT_LINES:
                del self.lines[:1000]
                self._dropped += 1000
            self._changed.notify_all()

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self._code is None

    @property
    def code(self):
        """Its exit code, negative when a signal ended it; None while it runs."""
        return self._code

    def text(self, stream=None):
        """All it printed so far, to one stream or to both."""
        with self._changed:
            return "\n".join(l.text for l in self.lines if stream in (None, l.stream))

    def wait_for(self, matches, what, timeout=30, start=0):
        """The first line for which matches(line) is true, as (its value, the line's number)."""
        deadline = time.monotonic() + timeout
        number = start
        while True:
            ended = not self.running and not any(r.is_alive() for r in self._readers)
            with self._changed:
                number = max(number, self._dropped)
                while number - self._dropped < len(self.lines):
                    value = matches(self.lines[number - self._dropped])
                    number += 1
                    if value:
                        return value, number
                if not ended:
                    self._changed.wait(min(0.1, max(0, deadline - time.monotonic())))
            if ended:
                raise ProgramError(f"{self.name} ended ({self.code}) before {what}")
            if time.monotonic() >= deadline:
                raise ProgramError(f"{self.name} did not show {what} within {timeout} s")

    def wait_line(self, pattern, stream=None, timeout=30, start=0):
        """The match of the first line in which the pattern is found."""
        expression = re.compile(pattern)
        return self.wait_for(
            lambda line: stream in (None, line.stream) and expression.search(line.text),
            f"a line with {pattern!r}", timeout, start)[0]

    def wait_event(self, event, timeout=30, where=None, start=0):
        """The first JSON object on standard output whose member "event" is this one."""
        def matches(line):
            value = line.json() if line.stream == "stdout" else None
            return value if value and value.get("event") == event and (
                where is None or where(value)) else None
        return self.wait_for(matches, f"an event {event!r}", timeout, start)[0]

    def events(self, event=None):
        """The JSON objects on standard output so far."""
        with self._changed:
            values = [l.json() for l in self.lines if l.stream == "stdout"]
        return [v for v in values if v and event in (None, v.get("event"))]

    def wait(self, timeout=30):
        """Waits for its end, and gives its exit code."""
        self._waiter.join(timeout)
        if self.running:
            raise ProgramError(f"{self.name} did not end within {timeout} s")
        for reader in self._readers:
            reader.join(2)
        return self.code

    def expect_exit(self, code=0, timeout=30):
        """Waits for its end, which has to be with this code."""
        found = self.wait(timeout)
        if found != code:
            raise ProgramError(f"{self.name} ended with {found}, not with {code}")
        return self

    def send_signal(self, number):
        if self.running:
            os.kill(self.pid, number)

    def interrupt(self, timeout=10):
        """Ctrl+C; its exit code."""
        self.send_signal(signal.SIGINT)
        return self.wait(timeout)

    def kill(self):
        """Ends it with everything it started, as a power cut would."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._waiter.join()

    def tail(self):
        """What a reader of a failed test wants to see."""
        status = "running" if self.running else f"ended with {self.code}"
        with self._changed:
            lines = [f"    {l.seconds:8.3f} {l.stream}: {l.text[:400]}"
                     for l in self.lines[-TAIL_LINES:]]
        return "\n".join([f"--- {self.name} ({status}): {' '.join(self.argv)[:300]}", *lines])
