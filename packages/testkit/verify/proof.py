"""Checks proof files by docs/spec/proofs.md alone: `proof.py [--handovers <file>] <public key file> <proof file>...`.

Prints a line of JSON for each file and exits with 0 if all of them hold, else with 1. Python 3, standard library only.
"""

import base64
import hashlib
import json
import math
import re
import struct
import sys

FORMAT = "jitos-proof/1"
HISTORY_SIZE_MAX = 65_535
ELEMENT_SIZE_MAX = 25_165_824
ELEMENT_REST_SIZE_MAX = 131_071
ELEMENT_FIELDS = "format kind id view value idx header graph steps path treeHead check".split()
FIELDS = {
    "inclusion": ["format", "kind", "idx", "header", "path", "treeHead"],
    "consistency": ["format", "kind", "oldTreeHead", "path", "treeHead"],
    "node": ELEMENT_FIELDS,
    "edge": ELEMENT_FIELDS,
}
BUCKET_MAX = 16


class Refused(Exception):
    """Why a file proves nothing."""


def demand(holds, why):
    if not holds:
        raise Refused(why)


# Ed25519, RFC 8032 §5.1 and §6

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def add(a, b):
    m = (a[1] - a[0]) * (b[1] - b[0]) % P
    n = (a[1] + a[0]) * (b[1] + b[0]) % P
    t = 2 * a[3] * b[3] * D % P
    z = 2 * a[2] * b[2] % P
    e, f, g, h = n - m, z - t, z + t, n + m
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, point):
    product = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            product = add(product, point)
        point = add(point, point)
        scalar >>= 1
    return product


def is_same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_from(data):
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - x2) % P != 0 or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point_from((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    a, r = point_from(key), point_from(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    return is_same(times(s, BASE), add(r, times(h, a)))


# Notes and tree heads


def exact_base64(text):
    """Bytes of base64 in the one spelling that an encoder gives, else None."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def parse_key(line):
    match = re.fullmatch(r"([!-*,-~]+)\+([0-9a-f]{8})\+(.+)", line)
    demand(match, "not a public key")
    name, key_id, data = match[1], bytes.fromhex(match[2]), exact_base64(match[3])
    demand(data is not None and len(data) == 33 and data[0] == 1, "not an Ed25519 key")
    demand(hashlib.sha256(name.encode() + b"\n" + data).digest()[:4] == key_id, "the key id is another key's")
    return name, key_id, data[1:]


def open_tree_head(note, key):
    """Size and head of a note that the key signed."""
    demand(isinstance(note, str) and note.endswith("\n"), "a tree head is not a note")
    text, blank, lines = note.rpartition("\n\n")
    demand(blank, "a tree head has no signatures")
    text += "\n"
    name, key_id, public = key
    held = False
    for line in lines[:-1].split("\n"):
        match = re.fullmatch(r"\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)", line)
        data = match and exact_base64(match[2])
        demand(data, "a signature line is none")
        if match[1] != name or data[:4] != key_id:
            continue
        demand(len(data) == 68 and is_signed(public, text.encode(), data[4:]), "a signature does not hold")
        held = True
    demand(held, "the key has not signed a tree head")
    match = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n", text)
    head = match and exact_base64(match[3])
    demand(head and len(head) == 32 and match[1] == name, "a note is not this origin's tree head")
    return int(match[2]), head


# Merkle trees


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def check_inclusion(index, leaf, path, size, head):
    """RFC 9162 §2.1.3.2"""
    demand(0 <= index < size, "there is no such event in the tree")
    fn, sn, r = index, size - 1, leaf
    for p in path:
        demand(sn != 0, "the path is too long")
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0 and r == head, "the path does not lead to the head")


def check_consistency(old_size, old_head, path, size, head):
    """RFC 9162 §2.1.4.2"""
    demand(old_size <= size, "the older tree is the larger one")
    if old_size == 0:
        return demand(not path and old_head == hashlib.sha256(b"").digest(), "the empty tree has another head")
    if old_size == size:
        return demand(not path and old_head == head, "one size has two heads")
    if old_size & (old_size - 1) == 0:
        path = [old_head] + path
    demand(path, "the path is too short")
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        demand(sn != 0, "the path is too long")
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0 and fr == old_head and sr == head, "the path does not make both heads")


# Canonical bytes, docs/spec/canonical.md


class Reader:
    """Values from the left. A map becomes a list of pairs, text a str, a byte string bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        demand(len(self.data) - self.at >= size, "truncated canonical bytes")
        self.at += size
        return self.data[self.at - size : self.at]

    def head(self):
        lead = self.take(1)[0]
        major, info = lead >> 5, lead & 31
        if major == 7:
            demand(info in (20, 21, 22, 27), "not a canonical simple value")
            return major, info
        demand(major != 6 and info < 28, "a tag, or a length that is none")
        if info < 24:
            return major, info
        size = 1 << (info - 24)
        argument = int.from_bytes(self.take(size), "big")
        demand(argument >= (24, 1 << 8, 1 << 16, 1 << 32)[info - 24], "a longer head than need be")
        return major, argument

    def value(self, depth=0):
        demand(depth <= 64, "nested too deep")
        major, argument = self.head()
        if major == 0:
            return argument
        if major == 1:
            demand(argument < 1 << 63, "an integer out of range")
            return -1 - argument
        if major == 2:
            return bytes(self.take(argument))
        if major == 3:
            return self.text(argument)
        demand(major == 7 or argument <= len(self.data) - self.at, "truncated canonical bytes")
        if major == 4:
            return [self.value(depth + 1) for _ in range(argument)]
        if major == 5:
            return self.entries(argument, depth)
        if argument == 27:
            number = struct.unpack(">d", self.take(8))[0]
            demand(math.isfinite(number) and not number.is_integer(), "not a canonical float")
            return number
        return {20: False, 21: True, 22: None}[argument]

    def text(self, size):
        try:
            return self.take(size).decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("text that is not UTF-8") from None

    def entries(self, count, depth):
        entries, before = [], b""
        for _ in range(count):
            start = self.at
            major, size = self.head()
            demand(major == 3, "a key that is not text")
            name = self.text(size)
            key = self.data[start : self.at]
            demand(not entries or (len(before), before) < (len(key), key), "keys out of order")
            entries.append((name, self.value(depth + 1)))
            before = key
        return entries


def decode(data):
    reader = Reader(data)
    value = reader.value()
    demand(reader.at == len(data), "bytes behind the value")
    return value


def head_of(major, argument):
    for size, info in ((0, argument), (1, 24), (2, 25), (4, 26), (8, 27)):
        if argument < (24 if size == 0 else 1 << (8 * size)):
            return bytes([major << 5 | info]) + (argument.to_bytes(size, "big") if size else b"")


def encode(items):
    """An array of texts, byte strings and nulls."""
    parts = [head_of(4, len(items))]
    for item in items:
        if item is None:
            parts.append(b"\xf6")
        else:
            data = item.encode() if isinstance(item, str) else item
            parts.append(head_of(3 if isinstance(item, str) else 2, len(data)) + data)
    return b"".join(parts)


def tagged(tag, data):
    return hashlib.sha256(tag.encode() + b"\0" + data).digest()


# Elements and graphs, docs/spec/graph.md and events.md


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53


def is_digest(value):
    return isinstance(value, bytes) and len(value) == 32


def is_optional(value):
    return value is None or isinstance(value, bytes)


def has_null(value):
    if isinstance(value, list):
        return any(has_null(item[1] if isinstance(item, tuple) else item) for item in value)
    return value is None


def node_named(data):
    """Id and value digest of a node's canonical value."""
    items = decode(data)
    demand(isinstance(items, list) and len(items) in (2, 3) and isinstance(items[0], str), "the value is no node's")
    if len(items) == 2:
        demand(is_optional(items[1]), "the value is no content node's")
        digest = tagged("node/content", data)
        return digest, digest
    kind, key, fields = items
    is_map = isinstance(fields, list) and data[len(encode([kind, key])) :][:1] >= b"\xa0"
    demand(isinstance(key, bytes) and is_map and not has_null(fields), "the value is no keyed node's")
    return tagged("node/key", encode([kind, key])), tagged("node/value", data)


def edge_named(data):
    items = decode(data)
    demand(isinstance(items, list) and len(items) == 5, "the value is no edge's")
    start, end, kind, key, payload = items
    fits = is_digest(start) and is_digest(end) and isinstance(kind, str) and is_optional(key) and is_optional(payload)
    demand(fits, "the value is no edge's")
    return tagged("edge", encode([start, end, kind, key])), tagged("edge/value", data)


def recorded_graph(header):
    """Idx of an event, the view whose graph digest its header records, and the digest."""
    items = decode(header)
    demand(isinstance(items, list) and len(items) == 9, "the header is no event's")
    version, idx, kind, view, _, _, results, body_digest, body_size = items
    fits = version == 1 and is_count(idx) and is_digest(body_digest) and is_count(body_size)
    demand(fits and isinstance(results, list), "the header is no event's")
    if kind == "RULES_ACTIVATED":
        demand(view is None and len(results) == 5 and is_digest(results[3]), "the header is no activation's")
        return idx, None, results[3]
    if kind == "COLLAPSE_BATCH":
        demand(view is None and len(results) == 9 and is_digest(results[3]), "the header is no batch's")
        demand(results[2] is None or is_count(results[2]), "the target is no view")
        return idx, results[2], results[3]
    demand(is_count(view), "the header is of no event on a workspace")
    if kind in ("REWRITE_APPLIED", "REBASE"):
        length = 3 if kind == "REWRITE_APPLIED" else 7
        demand(len(results) == length and is_digest(results[1]), "the header is no rewrite's")
        return idx, view, results[1]
    demand(kind == "COLLAPSE" and len(results) == 12 and is_digest(results[4]), "the header records no graph")
    demand(results[3] is None or is_count(results[3]), "the target is no view")
    return idx, results[3], results[4]


# Tries, docs/spec/trie.md


def hex_of(value, size=None):
    demand(isinstance(value, str) and re.fullmatch("([0-9a-f]{2})*", value), "not hex")
    data = bytes.fromhex(value)
    demand(size is None or len(data) == size, "not 32 bytes")
    return data


def check_steps(root, key, value_digest, steps):
    """Whether the nodes show that the value digest, or none, stands under the key."""
    path, depth, expected = key.hex(), 0, root
    demand(isinstance(steps, list), "there are no steps")
    for index, step in enumerate(steps):
        demand(isinstance(step, dict), "a step is none")
        is_last = index == len(steps) - 1
        if list(step) == ["entries"]:
            demand(is_last, "a step below a bucket")
            return check_bucket(step["entries"], path, depth, expected, value_digest)
        demand(list(step) == ["skip", "count", "bitmap", "childDigests"], "a step is none")
        skip, count, bits, digests = step.values()
        demand(isinstance(skip, str) and re.fullmatch("[0-9a-f]*", skip), "a skip is not hex")
        demand(isinstance(bits, str) and re.fullmatch("[0-9a-f]{4}", bits), "a bitmap is not hex")
        demand(isinstance(digests, list), "a branch has no children")
        bitmap, children = int(bits, 16), [hex_of(digest, 32) for digest in digests]
        demand(is_count(count) and count > BUCKET_MAX, "a branch of too few")
        demand(len(children) >= 2 and len(children) == bin(bitmap).count("1"), "a bitmap that is not the children's")
        demand(depth + len(skip) < len(path), "deeper than the key")
        packed = bytes.fromhex(skip if len(skip) % 2 == 0 else skip + "0")
        shape = bytes([len(skip)]) + packed + count.to_bytes(8, "big") + bitmap.to_bytes(2, "big")
        demand(tagged("tn", shape + b"".join(children)) == expected, "a branch has another hash")
        if path[depth : depth + len(skip)] != skip:
            return demand(is_last and value_digest is None, "the path leaves a skip")
        depth += len(skip)
        nibble = int(path[depth], 16)
        if not bitmap >> nibble & 1:
            return demand(is_last and value_digest is None, "an empty slot")
        expected = children[bin(bitmap & ((1 << nibble) - 1)).count("1")]
        depth += 1
    raise Refused("the steps end too early")


def check_bucket(entries, path, depth, expected, value_digest):
    demand(isinstance(entries, list) and len(entries) <= BUCKET_MAX, "a bucket of too many")
    pairs = []
    for entry in entries:
        demand(isinstance(entry, dict) and list(entry) == ["key", "valueDigest"], "an entry is none")
        pairs.append((hex_of(entry["key"], 32), hex_of(entry["valueDigest"], 32)))
    keys = [key for key, _ in pairs]
    demand(keys == sorted(set(keys)) and (keys or depth == 0), "a bucket that no trie has")
    demand(all(key.hex()[:depth] == path[:depth] for key in keys), "a key off the path")
    demand(tagged("tb", bytes([len(pairs)]) + b"".join(k + v for k, v in pairs)) == expected, "a bucket has another hash")
    demand(dict(pairs).get(bytes.fromhex(path)) == value_digest, "the bucket shows something else")


def check_element(proof, header):
    """What the header's graph is shown to hold."""
    kind, view, value = proof["kind"], proof["view"], proof["value"]
    key = hex_of(proof["id"], 32)
    value_digest = None
    if value is not None:
        data = exact_base64(value) if isinstance(value, str) else None
        demand(data, "the value is not base64")
        named, value_digest = node_named(data) if kind == "node" else edge_named(data)
        demand(named == key, "the value is another element's")
    demand(view is None or is_count(view), "the view is none")
    demand(isinstance(proof["graph"], list) and len(proof["graph"]) == 3, "a graph has three digests")
    graph = [hex_of(digest, 32) for digest in proof["graph"]]
    idx, recorded_view, digest = recorded_graph(header)
    demand(idx == proof["idx"] and recorded_view == view, "the header is another event's, or of another view")
    demand(tagged("graph", b"".join(graph)) == digest, "the graph is not the one that the header records")
    check_steps(graph[0 if kind == "node" else 1], key, value_digest, proof["steps"])
    return {"id": proof["id"], "view": view, "isPresent": value is not None}


# Files


def check(data, key):
    """What a file proves; throws Refused."""
    is_element = re.match(rb'\{"format":"jitos-proof/1","kind":"(node|edge)"', data)
    value = re.match(rb'[^\[\]]{1,200}?,"value":"([^"]*)"', data) if is_element else None
    rest_size = len(data) - (len(value[1]) if value else 0)
    demand(len(data) <= ELEMENT_SIZE_MAX, "too long")
    demand(rest_size <= (ELEMENT_REST_SIZE_MAX if is_element else HISTORY_SIZE_MAX), "too long")
    try:
        text = data.decode("utf-8")
        proof = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("not JSON in UTF-8") from None
    demand(isinstance(proof, dict) and proof.get("format") == FORMAT, "not a proof of this format")
    kind = proof.get("kind")
    demand(isinstance(kind, str) and list(proof) == FIELDS.get(kind), "other fields than a proof has")
    demand(json.dumps(proof, separators=(",", ":"), ensure_ascii=False) + "\n" == text, "spelled in another way")
    if is_element:
        before = text[: text.rindex(',"check":')].encode()
        demand(proof["check"] == hashlib.sha256(before).hexdigest(), "the check is that of other bytes")
    hashes = proof["path"]
    demand(
        isinstance(hashes, list) and all(isinstance(h, str) and re.fullmatch("[0-9a-f]{64}", h) for h in hashes),
        "the path is not of hashes",
    )
    path = [bytes.fromhex(h) for h in hashes]
    size, head = open_tree_head(proof["treeHead"], key)
    if kind == "consistency":
        old_size, old_head = open_tree_head(proof["oldTreeHead"], key)
        check_consistency(old_size, old_head, path, size, head)
        return {"ok": True, "kind": kind, "oldSize": old_size, "size": size}
    idx = proof["idx"]
    demand(isinstance(idx, int) and not isinstance(idx, bool), "the idx is no number")
    header = exact_base64(proof["header"]) if isinstance(proof["header"], str) else None
    demand(header, "the header is not base64")
    check_inclusion(idx, hashlib.sha256(b"\x00" + header).digest(), path, size, head)
    element = {} if kind == "inclusion" else check_element(proof, header)
    return {"ok": True, "kind": kind, **element, "idx": idx, "size": size}


# Handovers


def follow(data, key):
    """The key that a handover under `key` leads to."""
    proved = check(data, key)
    demand(proved["kind"] == "inclusion" and proved["size"] == proved["idx"] + 1, "not the last head of the key before")
    header = decode(exact_base64(json.loads(data)["header"]))
    demand(isinstance(header, list) and len(header) == 9, "not an event's header")
    body = tagged("event/body", b"\x80")
    demand(header[:4] == [1, proved["idx"], "SIGNING_KEY_CHANGED", None], "the event changes no key")
    demand(header[7:] == [body, 1], "the event has another body")
    results = header[6]
    demand(isinstance(results, list) and len(results) == 2 and results[0] == key[0], "a key of another origin")
    name, public = results
    demand(isinstance(public, bytes) and len(public) == 32, "not a key")
    data = b"\x01" + public
    return name, hashlib.sha256(name.encode() + b"\n" + data).digest()[:4], public


def main():
    words = sys.argv[1:]
    handovers = []
    if words[0] == "--handovers":
        with open(words[1], "rb") as file:
            handovers = file.read().splitlines(keepends=True)
        words = words[2:]
    with open(words[0], encoding="utf-8") as file:
        first = parse_key(file.read().rstrip("\n"))
    is_good = True
    for name in words[1:]:
        with open(name, "rb") as file:
            data = file.read(ELEMENT_SIZE_MAX + 1)
        try:
            key = first
            for handover in handovers:
                key = follow(handover, key)
            result = check(data, key)
        except Refused as refused:
            result = {"ok": False, "why": str(refused)}
            is_good = False
        print(json.dumps(result))
    sys.exit(0 if is_good else 1)


main()
