"""Recomputes the golden graphs, snapshots, events and world digest from the rules in docs/spec, and nothing of ours.

    python3 packages/testkit/verify/world_golden.py testdata/golden/v0

Prints one line for each mismatch and exits with 1, or says what it has checked. Standard library only.
"""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

sys.dont_write_bytecode = True  # a check leaves nothing behind

from trie_golden import sha256, trie_root  # noqa: E402

Json = dict[str, Any]


class Raw(bytes):
    """Bytes that already are canonical."""


def head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 256**size:
            return bytes([major << 5 | info]) + argument.to_bytes(size, "big")
    raise ValueError("an integer of more than 64 bits")


def encode(item: Any) -> bytes:
    """Canonical bytes (docs/spec/canonical.md) of what graphs and events are made of; no floats."""
    if isinstance(item, Raw):
        return bytes(item)
    if item is None:
        return b"\xf6"
    if isinstance(item, bool):
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        return head(3, len(item.encode())) + item.encode()
    if isinstance(item, list):
        return head(4, len(item)) + b"".join(map(encode, item))
    pairs = sorted((encode(key), encode(value)) for key, value in item.items())
    return head(5, len(pairs)) + b"".join(key + value for key, value in pairs)


def tagged(tag: str, data: bytes) -> bytes:
    return sha256(tag.encode() + b"\0" + data)


def unhex(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def raw(text: str | None) -> Raw | None:
    return None if text is None else Raw(bytes.fromhex(text))


# docs/spec/graph.md


def node_digests(node: Json) -> tuple[bytes, bytes]:
    if node["type"] == "content":
        identity = tagged("node/content", encode([node["kind"], unhex(node["payload"])]))
        return identity, identity
    key = unhex(node["key"])
    fields = {name: raw(value) for name, value in node["fields"].items()}
    identity = tagged("node/key", encode([node["kind"], key]))
    return identity, tagged("node/value", encode([node["kind"], key, fields]))


def edge_digests(edge: Json) -> tuple[bytes, bytes]:
    name = [unhex(edge["from"]), unhex(edge["to"]), edge["kind"], unhex(edge["key"])]
    return tagged("edge", encode(name)), tagged("edge/value", encode(name + [unhex(edge["payload"])]))


def graph_digest(nodes_root: bytes, edges_root: bytes, rule_pack_id: bytes) -> bytes:
    return tagged("graph", nodes_root + edges_root + rule_pack_id)


# docs/spec/events.md


def op_item(op: Json) -> list[Any]:
    expect = False if op["expect"] == "absent" else unhex(op["expect"])
    name = op["op"]
    if name == "AddNode":
        return [1, op["kind"], unhex(op["payload"]), expect]
    if name == "PutNode":
        return [2, op["kind"], unhex(op["key"]), {each["name"]: raw(each["value"]) for each in op["patches"]}, expect]
    if name == "AddEdge":
        ends = [unhex(op["from"]), unhex(op["to"]), op["kind"], unhex(op["key"]), unhex(op["payload"])]
        return [4, *ends, expect]
    if name == "SetEdge":
        return [5, unhex(op["id"]), unhex(op["payload"]), expect]
    return [{"DeleteNode": 3, "DeleteEdge": 6}[name], unhex(op["id"]), expect]


def conflict_item(conflict: Json) -> list[Any]:
    sides = [unhex(conflict[side]) for side in ("base", "ours", "theirs")]
    return [conflict["element"], unhex(conflict["id"]), conflict["class"], *sides]


def results_and_body(event: Json) -> tuple[list[Any], list[Any]]:
    kind = event["kind"]
    if kind == "WORLD_CREATED":
        return [], [event["format"], event["quantumMs"]]
    if kind == "CHECKPOINT":
        return [unhex(event["worldDigest"])], []
    if kind == "SIGNING_KEY_CHANGED":
        return [event["origin"], unhex(event["publicKey"])], []
    meta = raw(event["meta"])
    if kind == "SWS_CREATED":
        return [unhex(event["baseSnapshotId"])], [meta]
    if kind == "REWRITE_APPLIED":
        results = [event["rewriteIdx"], unhex(event["viewDigest"]), unhex(event["snapshotId"])]
        return results, [[op_item(op) for op in event["ops"]], meta]
    if kind == "COLLAPSE":
        system = [unhex(event["systemDigest"]), unhex(event["systemSnapshotId"])]
        conflicts = [event["conflictCount"], unhex(event["conflictsDigest"])]
        results = [event["rewriteIdx"], event["mode"], event["createdIdx"], *system, *conflicts]
        return results, [[conflict_item(each) for each in event["conflicts"]], meta]
    return [event["rewriteIdx"], event["createdIdx"]], [event["reason"], meta]


def encode_event(event: Json) -> tuple[bytes, bytes]:
    results, body_items = results_and_body(event)
    body = encode(body_items)
    pins = [event["pins"]["engine"], event["pins"]["policyId"], unhex(event["pins"]["rulePackId"])]
    cause = [event["cause"]["principal"], event["cause"]["requestId"], unhex(event["cause"]["commandDigest"])]
    place = [1, event["idx"], event["kind"], event["view"]]
    return encode([*place, pins, cause, results, tagged("event/body", body), len(body)]), body


def command_digest(command: Json) -> bytes:
    kind = command["type"]
    if kind == "createWorkspace":
        arguments: list[Any] = []
    elif kind == "changeSigningKey":
        arguments = [command["origin"], unhex(command["publicKey"])]
    elif kind == "applyRewrite":
        arguments = [None if command["view"] == "system" else command["view"], [op_item(op) for op in command["ops"]]]
    elif kind == "collapseWorkspace":
        arguments = [command["workspace"], command["policyId"]]
    else:
        arguments = [command["workspace"], command["reason"]]
    return tagged("command", encode([kind, command["principal"], raw(command["meta"]), arguments]))


def tree_head(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, over leaf hashes."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"")
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + tree_head(leaves[:split]) + tree_head(leaves[split:]))


# docs/spec/history.md


def world_digest(counters: Json, tables: Json) -> bytes:
    def number(value: int) -> bytes:
        return value.to_bytes(8, "big")

    def pairs(rows: list[list[str]]) -> list[tuple[bytes, bytes]]:
        return [(bytes.fromhex(key), bytes.fromhex(value)) for key, value in rows]

    workspaces, ended, requests = [], [], []
    for each in tables["workspaces"]:
        base = [unhex(each["baseSnapshotId"]), unhex(each["baseDigest"]), each["baseSystemChanges"]]
        views = [each["number"], each["createdIdx"], *base, unhex(each["headSnapshotId"]), unhex(each["headDigest"])]
        workspaces.append((number(each["number"]), tagged("workspace", encode([*views, unhex(each["meta"])]))))
    for each in tables["ended"]:
        row = [each["number"], each["endedIdx"], each["end"], unhex(each["parentSnapshotId"]), unhex(each["meta"])]
        ended.append((number(each["number"]), tagged("workspace", encode(row))))
    for each in tables["requests"]:
        key = tagged("request", encode([each["principal"], each["requestId"]]))
        principal = tagged("principal", encode(each["principal"]))
        row = [unhex(each["commandDigest"]), each["firstIdx"], principal]
        requests.append((key, tagged("request/value", encode(row))))
    counts = [counters["rewriteCount"], unhex(counters["systemSnapshotId"]), counters["systemChanges"]]
    history = [counters["historySize"], unhex(counters["treeHead"])]
    items = [*history, unhex(counters["rulePackId"]), counters["quantumMs"], *counts]
    roots = [
        ["counters", tagged("counters", encode([*items, counters["workspaceCount"], counters["commitStatus"]]))],
        ["edges", trie_root(pairs(tables["edges"]))],
        ["ended", trie_root(ended)],
        ["nodes", trie_root(pairs(tables["nodes"]))],
        ["requests", trie_root(requests)],
        ["workspaces", trie_root(workspaces)],
    ]
    return tagged("world", encode(roots))


class Judge:
    def __init__(self) -> None:
        self.mismatches: list[str] = []

    def same(self, what: str, golden: str, computed: bytes) -> None:
        if golden != computed.hex():
            self.mismatches.append(f"{what}: {golden} in the file, {computed.hex()} by the rules")

    def elements(self, where: str, nodes: list[Json], edges: list[Json]) -> int:
        for kind, elements, digests in (("node", nodes, node_digests), ("edge", edges, edge_digests)):
            for element in elements:
                identity, value = digests(element)
                self.same(f"{where}: id of {kind} {element['id']}", element["id"], identity)
                self.same(f"{where}: value of {kind} {element['id']}", element["valueDigest"], value)
        return len(nodes) + len(edges)

    def graph(self, graph: Json) -> int:
        count = self.elements(graph["name"], graph["nodes"], graph["edges"])
        roots = []
        for table in ("nodes", "edges"):
            entries = [(bytes.fromhex(each["id"]), bytes.fromhex(each["valueDigest"])) for each in graph[table]]
            roots.append(trie_root(entries))
            self.same(f"{graph['name']}: root of {table}", graph[f"{table}Root"], roots[-1])
        self.same(graph["name"], graph["digest"], graph_digest(*roots, bytes.fromhex(graph["rulePackId"])))
        return count

    def snapshots(self, snapshots: Json) -> int:
        for each in snapshots["snapshots"]:
            identity = tagged("snapshot", bytes.fromhex(each["parent"] + each["digest"]))
            self.same(f"snapshot {each['name']}", each["id"], identity)
        for each in snapshots["collapses"]:
            sides = bytes.fromhex(each["system"] + each["workspace"] + each["digest"])
            self.same(f"collapse {each['name']}", each["id"], tagged("snapshot/collapse", sides))
        return len(snapshots["snapshots"]) + len(snapshots["collapses"])

    def history(self, history: Json) -> int:
        leaves, digests = [], 0
        for each in history["events"]:
            name = f"event {each['event']['idx']}"
            header, body = encode_event(each["event"])
            self.same(f"{name}: header", each["header"], header)
            self.same(f"{name}: body", each["body"], body)
            leaves.append(sha256(b"\0" + header))
            self.same(f"{name}: leaf", each["leaf"], leaves[-1])
            self.same(f"{name}: tree head", each["treeHead"], tree_head(leaves))
            conflicts = each["event"].get("conflicts", [])
            if conflicts:
                digest = tagged("conflicts", encode([conflict_item(conflict) for conflict in conflicts]))
                self.same(f"{name}: conflicts", each["event"]["conflictsDigest"], digest)
        for command, answer in zip(history["commands"], history["events"][1:]):
            if command["requestId"] is not None:
                digests += 1
                self.same("a command", answer["event"]["cause"]["commandDigest"], command_digest(command))
        return digests


def main(folder: pathlib.Path) -> int:
    def read(name: str) -> Json:
        return json.loads((folder / name).read_text("utf-8"))

    judge = Judge()
    elements, graphs = read("graph/elements.json"), read("graph/graphs.json")["graphs"]
    element_count = judge.elements("elements", elements["nodes"], elements["edges"])
    element_count += sum(judge.graph(graph) for graph in graphs)
    snapshot_count = judge.snapshots(read("graph/snapshots.json"))
    histories, world = [read("history/events.json"), read("history/records.json")], read("history/world.json")
    command_count = sum(map(judge.history, histories))
    event_count = sum(len(history["events"]) for history in histories)
    judge.same("rule pack", world["counters"]["rulePackId"], tagged("rulepack", encode({})))
    judge.same("world", world["worldDigest"], world_digest(world["counters"], world["tables"]))
    counts = f"{element_count} elements, {len(graphs)} graphs, {snapshot_count} snapshots"
    said = f"checked {counts}, {event_count} events, {command_count} commands, 1 world"
    print("\n".join(judge.mismatches) or said)
    return 1 if judge.mismatches else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
