# SPDX-License-Identifier: MIT
"""Programs that bring one file from a source to many viewers, each as its users would start it.

A sharer has a name, start(lab, path), which returns when the source is ready to give, and
view(host), which starts a viewer and returns (program, function that tells whether it has all)."""

import hashlib
import json
import sys
import urllib.parse

from swarms import defiance_cli

TRACKER_PORT = 6969
RELAY_PORT = 7777
PEER_PORT = 51413
PIECE = 262144


class Defiance:
    """defiance-cli, with a relay on a host of its own."""

    def __init__(self, direct=False):
        self.direct = direct
        self.name = "defiance-cli, the source feeds everybody" if direct else "defiance-cli"

    def start(self, lab, path):
        relay = f"{lab['server'].ipv4}:{RELAY_PORT}"
        lab["server"].start(defiance_cli(), "relay", "--listen", relay)
        lab["server"].wait_for_port(RELAY_PORT)
        broadcast = lab["source"].start(defiance_cli(), "broadcast", path, "--json",
                                        "--relay", f"ws://{relay}")
        self.link = broadcast.wait_event("link", 60)["link"]
        return broadcast

    def view(self, host):
        program = host.start(defiance_cli(), "view", self.link, "--json", "--share",
                             "--output", host.home / "got")
        return program, lambda: bool(program.events("complete"))


def bencode(value):
    """BEP 3: what a torrent file is written in."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    return b"d" + b"".join(bencode(k) + bencode(v) for k, v in sorted(value.items())) + b"e"


def make_torrent(path, tracker):
    """A torrent file beside the file, and the SHA-1 of its "info" (BEP 3)."""
    data = path.read_bytes()
    pieces = b"".join(hashlib.sha1(data[start:start + PIECE]).digest()
                      for start in range(0, len(data), PIECE))
    info = {"name": "got", "length": len(data), "piece length": PIECE, "pieces": pieces}
    torrent = path.with_suffix(".torrent")
    torrent.write_bytes(bencode({"announce": tracker, "info": info}))
    return torrent, hashlib.sha1(bencode(info)).digest()


# Asks a tracker how many have everything (BEP 48), until somebody has.
SCRAPE = """
import sys, time, urllib.request
for _ in range(200):
    try:
        if b"8:completei1e" in urllib.request.urlopen(sys.argv[1], timeout=5).read():
            sys.exit(0)
    except OSError:
        pass
    time.sleep(0.1)
sys.exit("the source has not told the tracker")
"""


class BitTorrent:
    """What the BitTorrent clients have in common: Debian's opentracker, and one torrent file."""

    direct = False

    def start(self, lab, path):
        server = lab["server"]
        url = f"http://{server.ipv4}:{TRACKER_PORT}"
        self.torrent, digest = make_torrent(path, f"{url}/announce")
        # It knows only what is listed, and reads the list inside its folder, as "nobody".
        lab.folder.chmod(0o711)
        (server.home / "list").write_text(f"{digest.hex()}\n", encoding="ascii")
        server.start("opentracker", "-i", server.ipv4, "-p", TRACKER_PORT, "-P", TRACKER_PORT,
                     "-d", server.home, "-w", "/list")
        server.wait_for_port(TRACKER_PORT)
        path.rename(path.with_name("got"))
        program = self.seed(lab["source"])
        server.run(sys.executable, "-c", SCRAPE,
                   f"{url}/scrape?info_hash={urllib.parse.quote(digest)}", timeout=40)
        return program


class Aria2(BitTorrent):
    name = "aria2"

    def client(self, host, *options):
        # Nothing is looked for outside of the laboratory; all else is as it comes.
        return host.start("aria2c", "--no-conf", "--enable-dht=false", "--enable-dht6=false",
                          "--bt-enable-lpd=false", f"--listen-port={PEER_PORT}",
                          "--seed-ratio=0.0", "--seed-time=1000", "--summary-interval=0",
                          f"--dir={host.home}", *options, self.torrent)

    def seed(self, host):
        return self.client(host, "--check-integrity=true")

    def view(self, host):
        marker = host.home / "complete"
        hook = host.home / "hook"
        hook.write_text(f"#!/bin/sh\ntouch {marker}\n", encoding="ascii")
        hook.chmod(0o755)
        program = self.client(host, f"--on-bt-download-complete={hook}")
        return program, marker.exists


class Transmission(BitTorrent):
    name = "transmission"

    def client(self, host, *options):
        settings = host.home / "settings"
        settings.mkdir()
        (settings / "settings.json").write_text(json.dumps({
            "dht-enabled": False, "lpd-enabled": False, "port-forwarding-enabled": False}),
            encoding="ascii")
        return host.start("transmission-cli", "-g", settings, "-w", host.home, "-M",
                          "-p", PEER_PORT, *options, self.torrent)

    def seed(self, host):
        return self.client(host, "-v")

    def view(self, host):
        marker = host.home / "complete"
        hook = host.home / "hook"
        hook.write_text(f"#!/bin/sh\ntouch {marker}\n", encoding="ascii")
        hook.chmod(0o755)
        program = self.client(host, "-f", hook)
        return program, marker.exists
