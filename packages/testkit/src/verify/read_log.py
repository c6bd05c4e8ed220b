"""Reads a file log as docs/spec/log.md describes it, in nothing but Python's standard library.

    python3 read_log.py <folder>

Prints what it finds as JSON: world id, whole batches with their places, a torn tail, damage.
"""

import json
import os
import re
import struct
import sys

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def read_batch(data, at, mark):
    """The batch at an offset as (length, first idx, tree head, events), or None where none is right."""
    if at + 56 > len(data):
        return None
    found, length, count, first_idx = struct.unpack_from("<IIIQ", data, at)
    head = data[at + 20 : at + 52]
    (crc,) = struct.unpack_from("<I", data, at + 52)
    if found != mark or length > 32 << 20 or not 1 <= count <= 65536 or first_idx + count >= 1 << 53:
        return None
    if at + length > len(data) or length < 56 + 8 * count:
        return None
    if crc32c(data[at : at + 52] + data[at + 56 : at + length]) != crc:
        return None
    events, offset, end = [], at + 56, at + length
    for _ in range(count):
        if offset + 8 > end:
            return None
        header, body = struct.unpack_from("<II", data, offset)
        if header > 4096 or body > 8388608 or offset + 8 + header + body > end:
            return None
        middle = offset + 8 + header
        events.append({"header": data[offset + 8 : middle].hex(), "body": data[middle : middle + body].hex()})
        offset = middle + body
    return (length, first_idx, head.hex(), events) if offset == end else None


def read_log(folder):
    names = sorted(name for name in os.listdir(folder) if re.fullmatch(r"\d{20}\.log", name))
    result = {"worldId": None, "batches": [], "tornTail": None, "damage": []}
    due = 0
    for ordinal, name in enumerate(names):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        magic, version, found_ordinal, first_idx = struct.unpack_from("<8sIIQ", data, 0)
        (crc,) = struct.unpack_from("<I", data, 60)
        world_id = data[24:40].hex()
        right = magic == b"JITOSLOG" and crc == crc32c(data[:60]) and version == 0
        right = right and found_ordinal == ordinal and first_idx == due == int(name[:20])
        if not right or result["worldId"] not in (None, world_id):
            result["damage"].append(name + "@0")
            return result
        result["worldId"] = world_id
        mark, at = crc | 1, 64
        while True:
            batch = read_batch(data, at, mark)
            if batch is not None and batch[1] == due:
                length, _, head, events = batch
                place = "%s@%d" % (name, at)
                result["batches"].append(
                    {"place": place, "firstIdx": due, "treeRootBefore": head, "events": events}
                )
                at, due = at + length, due + len(events)
                continue
            if ordinal + 1 < len(names) and int(names[ordinal + 1][:20]) == due:
                break
            rest = ((offset, read_batch(data, offset, mark)) for offset in range(at, len(data)))
            later = next(((offset, b[1]) for offset, b in rest if b is not None and b[1] > due), None)
            if later is not None:
                result["damage"].append("%s@%d" % (name, at))
                at, due = later
            elif ordinal + 1 < len(names):
                result["damage"].append("%s@%d" % (name, at))
                due = int(names[ordinal + 1][:20])
                break
            else:
                if any(data[at:]):
                    result["tornTail"] = "%s@%d" % (name, at)
                break
    return result


print(json.dumps(read_log(sys.argv[1])))
