#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Relays that do not behave, for tests of programs that have to bear them.

    fake_relay.py MODE PORT

    silent   accepts connections and never says a word
    refuse   answers every request with an HTTP error
    mute     speaks WebSocket (RFC 6455), then takes everything and answers nothing
    liar     stores events and gives them back altered, under their old id and signature
    huge     answers every query with one event of 10 MB
    flood    answers every query with events that nobody asked for, without an end
    garbage  answers every message with texts that are no relay messages
"""

import base64
import hashlib
import json
import socketserver
import sys
import threading
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
EVENT = {"id": "00" * 32, "pubkey": "11" * 32, "created_at": 1700000000, "kind": 35910,
         "tags": [["d", "x"], ["title", "nobody asked"]], "content": "", "sig": "22" * 64}

GARBAGE = ("", "[]", "{}", '["EVENT"]', '["EVENT",1,2]', '["OK"]', "[[[[[[[[", "\x00",
           '["EOSE",{}]', '["CLOSED",5]', '["NOTICE",null]', "null", '"' + "\\" * 999)

stored = []
lock = threading.Lock()


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        mode = self.server.mode
        try:
            if mode == "silent":
                self.rfile.read()
            elif mode == "refuse":
                self.read_request()
                self.wfile.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            elif self.shake_hands():
                while (message := self.read_message()) is not None:
                    getattr(self, f"answer_{mode}")(message)
        except OSError:
            pass

    def read_request(self):
        """The header fields of a request, by lower-case name; None at the end."""
        if not self.rfile.readline():
            return None
        fields = {}
        while (line := self.rfile.readline().strip()):
            name, _, value = line.partition(b":")
            fields[name.strip().lower()] = value.strip()
        return fields

    def shake_hands(self):
        fields = self.read_request()
        if not fields or b"sec-websocket-key" not in fields:
            return False
        accept = base64.b64encode(hashlib.sha1(fields[b"sec-websocket-key"] + GUID).digest())
        self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        return True

    def read_frame(self):
        head = self.rfile.read(2)
        if len(head) < 2:
            return None, b""
        length = head[1] & 127
        if length >= 126:
            length = int.from_bytes(self.rfile.read(2 if length == 126 else 8), "big")
        mask = self.rfile.read(4) if head[1] & 128 else bytes(4)
        data = bytearray(self.rfile.read(length))
        for index in range(len(data)):
            data[index] ^= mask[index % 4]
        return head[0], bytes(data)

    def read_message(self):
        """The next message, as the list it should be; None at the end."""
        message = b""
        while True:
            first, data = self.read_frame()
            if first is None or first & 15 == CLOSE:
                return None
            if first & 15 == PING:
                self.write_frame(data, PONG)
                continue
            message += data
            if first & 128:
                try:
                    return json.loads(message)
                except ValueError:
                    message = b""

    def write_frame(self, data, kind=TEXT):
        length = len(data)
        if length < 126:
            head = bytes([128 | kind, length])
        elif length < 65536:
            head = bytes([128 | kind, 126]) + length.to_bytes(2, "big")
        else:
            head = bytes([128 | kind, 127]) + length.to_bytes(8, "big")
        self.wfile.write(head + data)

    def send(self, *words):
        self.write_frame(json.dumps(words, separators=(",", ":"), ensure_ascii=False).encode())

    def answer_mute(self, message):
        del message

    def answer_liar(self, message):
        if message[0] == "EVENT":
            with lock:
                stored.append(message[1])
            self.send("OK", message[1]["id"], True, "")
        elif message[0] == "REQ":
            with lock:
                events = list(stored)
            for event in events:
                tags = [["title", "a lie"] if tag[0] == "title" else tag for tag in event["tags"]]
                self.send("EVENT", message[1], {**event, "tags": tags, "content": "a lie"})
            self.send("EOSE", message[1])

    def answer_huge(self, message):
        if message[0] == "EVENT":
            self.send("OK", message[1]["id"], True, "")
        elif message[0] == "REQ":
            self.send("EVENT", message[1], {**EVENT, "content": "x" * 10_000_000})
            self.send("EOSE", message[1])

    def answer_flood(self, message):
        if message[0] == "EVENT":
            self.send("OK", message[1]["id"], True, "")
        while message[0] == "REQ":
            self.send("EVENT", message[1], {**EVENT, "created_at": int(time.time())})

    def answer_garbage(self, message):
        del message
        for text in GARBAGE:
            self.write_frame(text.encode())
        self.write_frame(b"\xff\xfe binary", 2)


class Relay(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with Relay(("", int(sys.argv[2])), Connection) as relay:
        relay.mode = sys.argv[1]
        relay.serve_forever()
