"""Recomputes the golden roots and proofs of the trie from the rules in docs/spec/trie.md, and from nothing of ours.

    python3 packages/testkit/verify/trie_golden.py testdata/golden/v1/trie

Prints one line for each mismatch and exits with 1, or says what it has checked. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import sys

BUCKET_MAX = 16
HEX_DIGITS = "0123456789abcdef"


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def ones(bitmap: int) -> int:
    return bin(bitmap).count("1")


def hash_bucket(entries: list[tuple[bytes, bytes]]) -> bytes:
    return sha256(b"tb\0" + bytes([len(entries)]) + b"".join(key + value for key, value in entries))


def hash_branch(skip: str, count: int, bitmap: int, child_digests: list[bytes]) -> bytes:
    packed = bytes.fromhex(skip if len(skip) % 2 == 0 else skip + "0")
    head = bytes([len(skip)]) + packed + count.to_bytes(8, "big") + bitmap.to_bytes(2, "big")
    return sha256(b"tn\0" + head + b"".join(child_digests))


def trie_root(entries: list[tuple[bytes, bytes]], depth: int = 0) -> bytes:
    """The digest of the subtree with these entries, whose keys share their first `depth` nibbles."""
    if len(entries) <= BUCKET_MAX:
        return hash_bucket(sorted(entries))
    paths = [key.hex() for key, _ in entries]
    end = depth
    while len({path[end] for path in paths}) == 1:
        end += 1
    bitmap, child_digests = 0, []
    for nibble, digit in enumerate(HEX_DIGITS):
        below = [entry for entry, path in zip(entries, paths) if path[end] == digit]
        if below:
            bitmap |= 1 << nibble
            child_digests.append(trie_root(below, end + 1))
    return hash_branch(paths[0][depth:end], len(entries), bitmap, child_digests)


def check_proof(root: bytes, key: bytes, value_digest: bytes | None, steps: list[dict]) -> str | None:
    """Why the proof does not show the statement, or None if it does."""
    path, depth, expected = key.hex(), 0, root
    for index, step in enumerate(steps):
        is_last = index == len(steps) - 1
        if "entries" in step:
            return check_bucket(step, path, depth, expected, value_digest) if is_last else "a step below a bucket"
        skip, count, bitmap = step["skip"], step["count"], int(step["bitmap"], 16)
        children = [bytes.fromhex(digest) for digest in step["childDigests"]]
        if count <= BUCKET_MAX or len(children) < 2 or len(children) != ones(bitmap):
            return "a branch that no trie has"
        if depth + len(skip) >= len(path):
            return "deeper than the key"
        if hash_branch(skip, count, bitmap, children) != expected:
            return f"step {index} has another hash"
        if path[depth : depth + len(skip)] != skip:
            return None if is_last and value_digest is None else "the path leaves a skip"
        depth += len(skip)
        nibble = int(path[depth], 16)
        if not bitmap >> nibble & 1:
            return None if is_last and value_digest is None else "an empty slot"
        expected = children[ones(bitmap & ((1 << nibble) - 1))]
        depth += 1
    return "the proof ends too early"


def check_bucket(step: dict, path: str, depth: int, expected: bytes, value_digest: bytes | None) -> str | None:
    entries = [(bytes.fromhex(each["key"]), bytes.fromhex(each["valueDigest"])) for each in step["entries"]]
    keys = [key for key, _ in entries]
    if len(keys) > BUCKET_MAX or keys != sorted(set(keys)) or (not keys and depth > 0):
        return "a bucket that no trie has"
    if any(len(key) * 2 != len(path) or key.hex()[:depth] != path[:depth] for key in keys):
        return "a key off the path"
    if hash_bucket(entries) != expected:
        return "the bucket has another hash"
    return None if dict(entries).get(bytes.fromhex(path)) == value_digest else "the bucket shows something else"


def main(folder: pathlib.Path) -> int:
    tries = json.loads((folder / "tries.json").read_text("utf-8"))["tries"]
    proofs = json.loads((folder / "proofs.json").read_text("utf-8"))["proofs"]
    mismatches = []
    root_by_name, values_by_name = {}, {}
    for trie in tries:
        values = {bytes.fromhex(each["key"]): sha256(each["value"].encode()) for each in trie["entries"]}
        root = trie_root(list(values.items()))
        root_by_name[trie["name"]], values_by_name[trie["name"]] = root, values
        if root.hex() != trie["root"]:
            mismatches.append(f"root of {trie['name']}: {trie['root']} in the file, {root.hex()} by the rules")
    for proof in proofs:
        name, key = proof["trie"], bytes.fromhex(proof["key"])
        value_digest = None if proof["value"] is None else sha256(proof["value"].encode())
        if values_by_name[name].get(key) != value_digest:
            mismatches.append(f"proof of {proof['key']} in {name}: the statement is false")
        problem = check_proof(root_by_name[name], key, value_digest, proof["steps"])
        if problem is not None:
            mismatches.append(f"proof of {proof['key']} in {name}: {problem}")
    print("\n".join(mismatches) or f"checked {len(tries)} roots and {len(proofs)} proofs")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
