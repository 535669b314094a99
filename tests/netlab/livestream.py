# SPDX-License-Identifier: MIT
"""Live broadcasts of records, and viewers whose output a checker judges, in a laboratory."""

import os
import pathlib


def find_records():
    """The generator and checker, as the build system tells or where a build folder has it."""
    built = pathlib.Path(__file__).resolve().parents[2] / "build/tests/netlab/records"
    return os.environ.get("RECORDS") or str(built)


def make_pipe(host, name):
    path = host.home / name
    if not path.exists():
        os.mkfifo(path)
    return path


class LiveSource:
    """`broadcast --live -` of a generated stream; with its link once it has one."""

    def __init__(self, host, cli, mbits, seconds, *arguments, env=None):
        pipe = make_pipe(host, "source-stream")
        self.program = host.start("sh", "-c", f'exec "$@" <"{pipe}"', "sh", cli, "broadcast",
                                  "--live", "--json", *arguments, "-",
                                  env=env, name=f"{host.name}/broadcast")
        self.generator = host.start("sh", "-c", f'exec "$@" >"{pipe}"', "sh", find_records(),
                                    "generate", mbits, seconds, name=f"{host.name}/generator")

    def wait_link(self, timeout=30):
        return self.program.wait_event("link", timeout)["link"]


class LiveView:
    """`view --output -` into a checker. What the viewer says of itself goes to standard error."""

    def __init__(self, host, cli, link, *arguments, buffer_ms=300, env=None):
        pipe = make_pipe(host, f"view-stream-{len(host.lab.programs)}")
        self.host = host
        self.checker = host.start("sh", "-c", f'exec "$@" <"{pipe}"', "sh", find_records(),
                                  "check", buffer_ms, name=f"{host.name}/checker")
        self.program = host.start("sh", "-c", f'exec "$@" >"{pipe}"', "sh", cli, "view", link,
                                  "--json", "--output", "-", *arguments, env=env,
                                  name=f"{host.name}/view")

    def wait_playing(self, timeout=30, records=1):
        """Waits until so many records have come; what the checker said then."""
        return self.checker.wait_event("checking", timeout,
                                       lambda event: event["records"] >= records)

    def latest(self):
        """What the checker said last, or None."""
        found = self.checker.events()
        return found[-1] if found else None

    def finish(self, timeout=10):
        """Waits for the end of the stream; what the checker says of the whole."""
        self.checker.expect_exit(0, timeout)
        return self.checker.events("checked")[0]

    def events(self, event=None):
        """The viewer's own lines of JSON."""
        found = []
        for line in list(self.program.lines):
            value = line.json() if line.stream == "stderr" else None
            if value and event in (None, value.get("event")):
                found.append(value)
        return found


