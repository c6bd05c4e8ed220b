"""Reads the golden canonical bytes by the rules in docs/spec/canonical.md, and by nothing of ours.

    python3 packages/testkit/verify/canonical_golden.py testdata/golden/v1/canonical

Every accepted vector must be read as its value, every refused one be refused with its class at its offset. Prints one line
for each mismatch and exits with 1, or says what it has checked. Standard library only.
"""

from __future__ import annotations

import json
import math
import pathlib
import struct
import sys

DEPTH_MAX = 64


class Refused(Exception):
    def __init__(self, name: str, offset: int) -> None:
        super().__init__(name, offset)
        self.name, self.offset = name, offset


class Reader:
    def __init__(self, data: bytes, null_allowed: bool) -> None:
        self.data, self.at, self.null_allowed = data, 0, null_allowed

    def whole(self) -> object:
        value = self.item(0)
        if self.at < len(self.data):
            raise Refused("trailing", self.at)
        return value

    def item(self, depth: int, is_key: bool = False) -> object:
        start = self.at
        if not is_key and depth > DEPTH_MAX:
            raise Refused("too-deep", start)
        if start >= len(self.data):
            raise Refused("truncated", start)
        major, info = self.data[start] >> 5, self.data[start] & 31
        self.check_head(start, major, info, is_key)
        if major == 7:
            return self.simple(start)
        argument = self.argument(start, info)
        if major == 0:
            return argument
        if major == 1:
            if argument >= 2**63:
                raise Refused("integer-range", start)
            return -1 - argument
        if argument * (2 if major == 5 else 1) > len(self.data) - self.at:
            raise Refused("truncated", start)
        if major == 2:
            return self.take(argument)
        if major == 3:
            return self.text(argument)
        if major == 4:
            return [self.item(depth + 1) for _ in range(argument)]
        return self.map(argument, depth)

    def check_head(self, start: int, major: int, info: int, is_key: bool) -> None:
        lead = self.data[start]
        if is_key and major != 3:
            raise Refused("bad-key", start)
        if major == 6:
            raise Refused("tag", start)
        if info >= 28:
            raise Refused("indefinite" if info == 31 else "reserved", start)
        if lead in (0xF9, 0xFA):
            raise Refused("bad-float", start)
        if major == 7 and lead not in (0xF4, 0xF5, 0xFB) and not (lead == 0xF6 and self.null_allowed):
            raise Refused("bad-simple", start)

    def simple(self, start: int) -> object:
        self.at = start + 1
        lead = self.data[start]
        if lead != 0xFB:
            return {0xF4: False, 0xF5: True, 0xF6: None}[lead]
        if len(self.data) - self.at < 8:
            raise Refused("truncated", start)
        (value,) = struct.unpack(">d", self.take(8))
        if not math.isfinite(value) or value.is_integer():
            raise Refused("bad-float", start)
        return value

    def argument(self, start: int, info: int) -> int:
        self.at = start + 1
        if info < 24:
            return info
        size = 1 << (info - 24)
        if len(self.data) - self.at < size:
            raise Refused("truncated", start)
        value = int.from_bytes(self.take(size), "big")
        if value < (24 if size == 1 else 1 << (size * 4)):
            raise Refused("long-integer", start)
        return value

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def text(self, size: int) -> str:
        start = self.at
        try:
            return self.take(size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused("bad-utf8", start + error.start) from None

    def map(self, count: int, depth: int) -> dict:
        result, previous = {}, None
        for _ in range(count):
            start = self.at
            key = self.item(depth, is_key=True)
            encoded = self.data[start : self.at]
            if previous is not None and encoded <= previous:
                raise Refused("duplicate-key" if encoded == previous else "key-order", start)
            previous = encoded
            result[key] = self.item(depth + 1)
        return result


def notation(value: object) -> object:
    """The value as the golden files write it."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, float)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"$integer": str(value)}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, list):
        return [notation(item) for item in value]
    return {key: notation(item) for key, item in value.items()}


def outcome(hex_text: str, null_allowed: bool) -> tuple:
    try:
        return ("accepted", notation(Reader(bytes.fromhex(hex_text), null_allowed).whole()))
    except Refused as refused:
        return (refused.name, refused.offset)


def expected(vector: dict) -> tuple:
    if "value" in vector:
        return ("accepted", vector["value"])
    return (vector.get("class", vector.get("refused")), vector["offset"])


def main(folder: pathlib.Path) -> int:
    mismatches, count = [], 0
    for path in sorted(folder.glob("*.json")):
        for vector in json.loads(path.read_text("utf-8"))["vectors"]:
            count += 1
            got = outcome(vector["hex"], vector.get("nullAllowed", True))
            # json.dumps tells 1 from 1.0 and from True, which == does not.
            if json.dumps(got, sort_keys=True) != json.dumps(expected(vector), sort_keys=True):
                mismatches.append(f"{path.name} {vector['hex'][:80]}: {expected(vector)} in the file, {got} by the rules")
    print("\n".join(mismatches) or f"checked {count} vectors")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
