"""Checks proof files by docs/spec/proofs.md alone: `proof.py <public key file> <proof file>...`.

Prints a line of JSON for each file and exits with 0 if all of them hold, else with 1. Python 3, standard library only.
"""

import base64
import hashlib
import json
import re
import sys

FORMAT = "jitos-proof/0"
SIZE_MAX = 65_535
FIELDS = {
    "inclusion": ["format", "kind", "idx", "header", "path", "treeHead"],
    "consistency": ["format", "kind", "oldTreeHead", "path", "treeHead"],
}


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


# Files


def check(data, key):
    """What a file proves; throws Refused."""
    demand(len(data) <= SIZE_MAX, "too long")
    try:
        text = data.decode("utf-8")
        proof = json.loads(text)
    except ValueError:
        raise Refused("not JSON in UTF-8") from None
    demand(isinstance(proof, dict) and proof.get("format") == FORMAT, "not a proof of this format")
    kind = proof.get("kind")
    demand(isinstance(kind, str) and list(proof) == FIELDS.get(kind), "other fields than a proof has")
    demand(json.dumps(proof, separators=(",", ":"), ensure_ascii=False) + "\n" == text, "spelled in another way")
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
    return {"ok": True, "kind": kind, "idx": idx, "size": size}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        key = parse_key(file.read().rstrip("\n"))
    is_good = True
    for name in sys.argv[2:]:
        with open(name, "rb") as file:
            data = file.read(SIZE_MAX + 1)
        try:
            result = check(data, key)
        except Refused as refused:
            result = {"ok": False, "why": str(refused)}
            is_good = False
        print(json.dumps(result))
    sys.exit(0 if is_good else 1)


main()
