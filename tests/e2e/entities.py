# SPDX-License-Identifier: MIT
"""NIP-19 entities (Bech32, BIP-173, without its limit of length), to make links of every kind."""

GENERATORS = (0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)
CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
SPECIAL, RELAY, AUTHOR, KIND = 0, 1, 2, 3

# The kind of a shared file, and that of a long article (NIP-23), which this program does not show.
SHARED_FILE, ARTICLE = 35910, 30023


def _checksum(values):
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1ffffff) << 5 ^ value
        for bit, generator in enumerate(GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check


def bech32(prefix, data):
    """The text of some bytes under a prefix."""
    bits = int.from_bytes(data, "big") << (-len(data) * 8 % 5)
    count = (len(data) * 8 + 4) // 5
    words = [bits >> 5 * (count - 1 - index) & 31 for index in range(count)]
    head = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _checksum([*head, *words, *[0] * 6]) ^ 1
    words += [check >> 5 * (5 - index) & 31 for index in range(6)]
    return prefix + "1" + "".join(CHARSET[word] for word in words)


def naddr(identifier, author, kind, relays=()):
    """An addressable event: its "d" tag, its author's key of 32 bytes, its kind, relay hints."""
    fields = [(SPECIAL, identifier.encode()), *((RELAY, relay.encode()) for relay in relays),
              (AUTHOR, author), (KIND, kind.to_bytes(4, "big"))]
    return bech32("naddr", b"".join(bytes([kind, len(value)]) + value for kind, value in fields))


# The key of NIP-19's own example, as it must come out:
# npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg
AUTHOR_KEY = bytes.fromhex("7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e")
NPUB = bech32("npub", AUTHOR_KEY)
NOTE = bech32("note", AUTHOR_KEY)
