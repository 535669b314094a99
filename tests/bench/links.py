# SPDX-License-Identifier: MIT
"""The links that transfers are measured over, and how a transfer is measured."""

import dataclasses
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

# The benchmarks also run by hand, without the build system's settings.
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "netlab"))

from lab import Lab  # noqa: E402

BUILT = str(pathlib.Path(__file__).resolve().parents[2] / "build/tests/bench/tcp-transfer")

# The queue of every link holds this much at the link's rate.
QUEUE_MS = 100


@dataclasses.dataclass(frozen=True)
class Link:
    """One access link between a sender and the rest; the other host has none that matters."""

    name: str
    mbits: float
    rtt_ms: float
    loss_percent: float

    @property
    def settings(self):
        return (f"rate={self.mbits}mbit,delay={self.rtt_ms / 2}ms,loss={self.loss_percent}%,"
                f"queue={QUEUE_MS}ms")

    def describe(self):
        loss = f"{self.loss_percent:g} % loss" if self.loss_percent else "no loss"
        return f"{self.mbits:g} Mbit/s, RTT {self.rtt_ms:g} ms, {loss}"

    def lab(self, seed=1):
        """A laboratory with the sender on this link, and receiver and server without limits."""
        return Lab.plain({"sender": self.settings, "receiver": "", "server": ""},
                         options=[f"--seed={seed}"])


LINKS = {link.name: link for link in (
    Link("clean", 50, 40, 0),
    Link("lossy", 50, 40, 1),
    Link("far", 20, 100, 2),
)}


@dataclasses.dataclass
class Result:
    """What one transfer over one link came to."""

    link: str
    transfer: str
    bytes: int
    seconds: float
    sender_cpu_seconds: float
    receiver_cpu_seconds: float

    @property
    def mbits(self):
        return self.bytes * 8e-6 / self.seconds

    def json(self):
        return json.dumps({**dataclasses.asdict(self), "mbits": round(self.mbits, 2)})


class TcpTransfer:
    """Kernel TCP with one congestion control."""

    port = 5001

    def __init__(self, control):
        self.control = control
        self.name = f"TCP/{control}"

    def measure(self, lab, link, size, seconds):
        """Sends size bytes, or as many as go through in so many seconds."""
        program = os.environ.get("TCP_TRANSFER") or BUILT
        sender = lab["sender"].start(program, "send", self.port, self.control, size, seconds)
        sender.wait_line("listening")
        receiver = lab["receiver"].start(program, "receive", lab["sender"].ipv4, self.port)
        patience = seconds + 30
        receiver.expect_exit(0, patience)
        sender.expect_exit(0, patience)
        sent, received = json.loads(sender.text("stdout")), json.loads(receiver.text("stdout"))
        return Result(link.name, self.name, received["bytes"], received["seconds"],
                      sent["cpu_seconds"], received["cpu_seconds"])


class LinkTransfer:
    """Chunks from memory over a bare ICE and QUIC link: no relay, hashes or disk."""

    name = "link"

    def __init__(self, *options, root=None):
        self.options = options
        self.launcher = ["chroot", root] if root else []
        self.root = root or ""

    def start(self, lab, host, mode, pipes, *options):
        program = os.environ.get("BENCH_LINK") or BUILT.replace("tcp-transfer", "bench-link")
        return lab[host].start(*self.launcher, program, mode, *pipes, *self.options, *options,
                               name=f"{host}/bench-link")

    def measure(self, lab, link, size, seconds):
        """Fetches size bytes."""
        sent, received = self.run(lab, size, seconds)
        return Result(link.name, self.name, received["bytes"], received["seconds"],
                      sent["cpu_s"], received["cpu_s"])

    def run(self, lab, size, seconds):
        """What both sides reported, the sender first."""
        folder = tempfile.mkdtemp(prefix="bench-link-", dir=f"{self.root}/tmp")
        try:
            pipes = [f"{folder}/offers", f"{folder}/answers"]
            for pipe in pipes:
                os.mkfifo(pipe)
            inside = [pipe[len(self.root):] for pipe in pipes]
            sender = self.start(lab, "sender", "serve", inside)
            receiver = self.start(lab, "receiver", "fetch", inside[::-1], "--bytes", size)
            receiver.expect_exit(0, 5 * seconds + 30)
            sender.expect_exit(0)
        finally:
            shutil.rmtree(folder)
        return json.loads(sender.text("stdout")), json.loads(receiver.text("stdout"))


class CliTransfer:
    """A whole transfer with the command line: relay, broadcast, view."""

    name = "defiance-cli"
    port = 7777

    def __init__(self, program):
        self.program = program

    def start_broadcast(self, lab, path):
        """Relay and broadcast; the broadcast and its link."""
        relay = f"{lab['server'].ipv4}:{self.port}"
        lab["server"].start(self.program, "relay", "--listen", relay)
        lab["server"].wait_for_port(self.port)
        broadcast = lab["sender"].start(self.program, "broadcast", path, "--json",
                                        "--relay", f"ws://{relay}")
        return broadcast, broadcast.wait_event("link", 60)["link"]

    def measure(self, lab, link, size, seconds):
        """Sends a file of size bytes; its time is the viewer's, from its start to the end."""
        path = lab["sender"].home / "file"
        with open(path, "wb") as file:
            for start in range(0, size, 1 << 20):
                file.write(os.urandom(min(1 << 20, size - start)))
        broadcast, address = self.start_broadcast(lab, path)
        started = time.monotonic()
        view = lab["receiver"].start(self.program, "view", address, "--json", "--output",
                                     lab["receiver"].home / "got")
        view.expect_exit(0, 10 * seconds + 30)
        took = time.monotonic() - started
        broadcast.interrupt()
        return Result(link.name, self.name, size, took, broadcast.cpu_seconds, view.cpu_seconds)


def table(results, links):
    """A Markdown table: a row a transfer, a column a link."""
    rows = ["| goodput in Mbit/s | " + " | ".join(l.describe() for l in links) + " |",
            "|---|" + "---|" * len(links)]
    for transfer in dict.fromkeys(result.transfer for result in results):
        cells = []
        for link in links:
            found = [r for r in results if (r.link, r.transfer) == (link.name, transfer)]
            cells.append(f"{found[0].mbits:.1f}" if found else "")
        rows.append(f"| {transfer} | " + " | ".join(cells) + " |")
    return "\n".join(rows)

