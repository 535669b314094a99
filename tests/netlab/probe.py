#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Small network programs that the laboratory's own tests run inside its hosts.

    probe.py echo PORT                      answers each datagram with the sender's address
    probe.py ask ADDRESS PORT [COUNT]       asks that; prints one JSON object: answers, round trips
    probe.py ping ADDRESS PORT COUNT INTERVAL
                                            asks so often, answered or not; prints the round trips
    probe.py mapping ADDRESS PORT PORT      asks two ports from one socket; prints both answers
    probe.py punch ADDRESS PORT OWN         opens a hole towards a peer through two routers
    probe.py stun ADDRESS PORT              waits for a STUN server (RFC 8489), prints our address
    probe.py connect ADDRESS PORT           waits until somebody accepts TCP connections there
    probe.py listen GROUP PORT              joins a multicast group, prints the first datagram
    probe.py tell GROUP PORT TEXT           sends TEXT to a multicast group
"""

import json
import os
import socket
import struct
import sys
import time


def udp(family=socket.AF_INET, port=0, timeout=0.5):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", port))
    sock.settimeout(timeout)
    return sock


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def echo(port):
    sock = udp(socket.AF_INET6, int(port), None)
    print("ready", flush=True)
    while True:
        data, sender = sock.recvfrom(65536)
        address = sender[0].removeprefix("::ffff:")
        sock.sendto(json.dumps({"address": address, "port": sender[1],
                                "echo": len(data)}).encode(), sender)


def ask(address, port, count="1"):
    sock = udp(family_of(address))
    answers, trips = [], []
    for number in range(int(count)):
        started = time.monotonic()
        sock.sendto(str(number).encode(), (address, int(port)))
        try:
            answers.append(json.loads(sock.recv(65536)))
            trips.append(time.monotonic() - started)
        except TimeoutError:
            continue
    print(json.dumps({"answers": answers, "trips": trips}))


def ping(address, port, count, interval):
    sock = udp(family_of(address))
    started = time.monotonic()
    sent, trips = {}, []
    for number in range(int(count) + 1):
        until = started + (number + 1) * float(interval)
        # The last round waits for answers alone, for a second.
        if number < int(count):
            sent[sock.sendto(bytes(number + 1), (address, int(port)))] = time.monotonic()
        else:
            until += 1
        while time.monotonic() < until and len(trips) < int(count):
            sock.settimeout(max(until - time.monotonic(), 1e-6))
            try:
                number_heard = json.loads(sock.recv(65536))["echo"]
                trips.append(time.monotonic() - sent[number_heard])
            except (TimeoutError, BlockingIOError):
                break
    print(json.dumps({"sent": len(sent), "trips": trips}))


def mapping(address, first, second):
    sock = udp()
    answers = []
    for port in (first, second):
        sock.sendto(b"x", (address, int(port)))
        answers.append(json.loads(sock.recv(65536)))
    print(json.dumps({"own": sock.getsockname()[1], "answers": answers}))


def punch(address, port, own):
    sock = udp(port=int(own), timeout=0.2)
    for _ in range(8):
        sock.sendto(b"hello", (address, int(port)))
        try:
            data, sender = sock.recvfrom(100)
        except (TimeoutError, ConnectionRefusedError):
            continue
        # Once more for the other side, whose first datagram may have died at our router.
        sock.sendto(b"hello", sender)
        print(json.dumps({"from": sender[0], "port": sender[1], "data": data.decode()}))
        return
    sys.exit("nothing came through")


def stun(address, port):
    sock = udp(timeout=0.2)
    transaction = os.urandom(12)
    for _ in range(50):
        sock.sendto(struct.pack("!HHI", 1, 0, 0x2112A442) + transaction, (address, int(port)))
        try:
            answer = sock.recv(2048)
        except (TimeoutError, ConnectionRefusedError):
            time.sleep(0.05)
            continue
        if answer[:2] == b"\x01\x01" and answer[8:20] == transaction:
            print("answered", flush=True)
            return
    sys.exit("the STUN server does not answer")


def connect(address, port):
    for _ in range(200):
        try:
            socket.create_connection((address, int(port)), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nobody listens on {address} port {port}")


def listen(group, port):
    sock = udp(port=int(port), timeout=20)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                    socket.inet_aton(group) + struct.pack("@I", 0))
    print("ready", flush=True)
    data, sender = sock.recvfrom(2048)
    print(json.dumps({"from": sender[0], "data": data.decode()}))


def tell(group, port, text):
    udp().sendto(text.encode(), (group, int(port)))


if __name__ == "__main__":
    COMMANDS = {f.__name__: f for f in (echo, ask, ping, mapping, punch, stun, connect, listen, tell)}
    COMMANDS[sys.argv[1]](*sys.argv[2:])
