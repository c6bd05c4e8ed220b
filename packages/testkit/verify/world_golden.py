"""Recomputes the golden graphs, snapshots, events and world digest from the rules in docs/spec, and nothing of ours.

    python3 packages/testkit/verify/world_golden.py testdata/golden/v1

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


# docs/spec/rule-packs.md


def slot_digest(parts: list[Any]) -> bytes:
    if parts[0] == "unique":
        return tagged("slot", encode([*parts[:3], [raw(value) for value in parts[3]]]))
    return tagged("slot", encode([*parts[:2], unhex(parts[2])]))


def migration_item(migration: list[Json]) -> list[Any]:
    rest = {"fill": lambda step: [raw(step["value"])], "rename": lambda step: [step["newName"]], "drop": lambda step: []}
    return [[step["step"], step["kind"], step["field"], *rest[step["step"]](step)] for step in migration]


def turn_item(turn: Json) -> list[Any]:
    return [turn["element"], unhex(turn["after"])]


def offender_item(offender: Json) -> list[Any]:
    rule = [offender["rule"], offender["subject"]]
    return [offender["element"], unhex(offender["id"]), *rule, unhex(offender["other"])]


def offenders_digest(offenders: list[Json]) -> bytes | None:
    digest = None
    for each in offenders:
        digest = tagged("offender", encode([digest, offender_item(each)]))
    return digest


def installation_digest(installation: Json) -> bytes:
    offenders = [offender_item(each) for each in installation["offenders"]]
    idxs = [installation["proposedIdx"], installation["endedIdx"]]
    pack = [installation["status"], unhex(installation["rulePackId"]), migration_item(installation["migration"])]
    turn = [turn_item(installation["turn"]), installation["checkedCount"], unhex(installation["nodesRoot"])]
    told = [offenders, installation["offenderCount"], unhex(installation["offendersDigest"])]
    return tagged("installation", encode([*pack, *idxs, *turn, *told]))


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
    rule = conflict["rule"] and [conflict["rule"]["rule"], conflict["rule"]["subject"]]
    concerned = [conflict["fields"], unhex(conflict["other"]), rule]
    return [conflict["element"], unhex(conflict["id"]), conflict["class"], *sides, *concerned]


def resolution_item(resolution: Json) -> list[Any]:
    takes = resolution["takes"]
    if not isinstance(takes, str):
        takes = {patch["name"]: raw(patch["value"]) for patch in takes}
    return [unhex(resolution["id"]), takes]


RANGES = {"node": 1, "edge": 2, "nodes": 3, "edges": 4, "out": 5, "in": 6, "slot": 7, "view": 8}


def range_item(each: Json) -> list[Any]:
    number = RANGES[each["range"]]
    if number <= 2:
        return [number, unhex(each["id"])]
    if number <= 4:
        return [number, each["kind"]]
    if number >= 7:
        return [number, unhex(each["slot"])] if number == 7 else [number]
    return [number, unhex(each["node"]), each["kind"]]


def footprint_item(footprint: Json | None) -> list[Any] | None:
    if footprint is None:
        return None
    return [unhex(footprint["baseSnapshotId"]), [range_item(each) for each in footprint["ranges"]]]


def side_item(side: Json) -> list[Any]:
    return [unhex(side["digest"]), side["nodeCount"], side["edgeCount"]]


def collapse_item(event: Json) -> tuple[list[Any], list[Any]]:
    target = [event["target"], unhex(event["targetDigest"]), unhex(event["targetSnapshotId"])]
    sides = [side_item(event[side]) for side in ("base", "ours", "theirs")]
    changed = event["changed"] and [event["changed"]["nodes"], event["changed"]["edges"]]
    conflicts = [event["conflictCount"], unhex(event["conflictsDigest"])]
    results = [event["rewriteIdx"], event["mode"], event["createdIdx"], *target, *sides, changed, *conflicts]
    told = [conflict_item(each) for each in event["conflicts"]]
    resolved = [resolution_item(each) for each in event["resolutions"]]
    return results, [told, resolved, footprint_item(event["footprint"]), raw(event["meta"])]


def batch_item(event: Json) -> tuple[list[Any], list[Any]]:
    target = [event["target"], unhex(event["targetDigest"]), unhex(event["targetSnapshotId"])]
    counts = [event["committedCount"], event["abortedCount"], [event["changed"]["nodes"], event["changed"]["edges"]]]
    results = [event["rewriteIdx"], event["order"], *target, side_item(event["theirs"]), *counts]
    return results, [[entry_item(each) for each in event["entries"]], raw(event["meta"])]


def entry_item(entry: Json) -> list[Any]:
    sides = [side_item(entry[side]) for side in ("base", "ours")]
    changed = [entry["changed"]["nodes"], entry["changed"]["edges"]]
    found = [entry["conflictCount"], unhex(entry["conflictsDigest"])]
    told = [conflict_item(each) for each in entry["conflicts"]]
    resolved = [resolution_item(each) for each in entry["resolutions"]]
    return [entry["workspace"], entry["createdIdx"], *sides, changed, *found, told, resolved]


def rebase_item(event: Json) -> tuple[list[Any], list[Any]]:
    view = [unhex(event["viewDigest"]), unhex(event["snapshotId"])]
    base = [event["target"], unhex(event["baseSnapshotId"])]
    results = [event["rewriteIdx"], *view, *base, event["changed"]["nodes"], event["changed"]["edges"]]
    choices = [[unhex(each["id"]), each["side"]] for each in event["choices"]]
    ops = [op_item(op) for op in event["ops"]]
    resolved = [resolution_item(each) for each in event["resolutions"]]
    return results, [choices, ops, footprint_item(event["footprint"]), resolved, raw(event["meta"])]


SETTINGS = ["defaultPolicyId", "openWorkspacesMax", "workspaceOpsMax", "baseAgeSystemChangesMax", "abortsMax"]
# Settings past the first five, as a world begins.
LATER_SETTINGS = {
    "keyWorkspacesMax": 1000,
    "keyWorkspaceOpsMax": 100_000,
    "workspaceIdleTicksMax": 4_294_967_295,
    "baseAgeTicksMax": 4_294_967_295,
}


def settings_item(settings: Json, unset: Json) -> list[Any]:
    first = [settings[name] for name in SETTINGS]
    if not any(name in settings for name in LATER_SETTINGS):
        return first
    return first + [settings.get(name, unset[name]) for name in LATER_SETTINGS]


def settings_items(event: Json) -> tuple[list[Any], list[Any]]:
    return settings_item(event["settings"], LATER_SETTINGS), settings_item(event["patch"], dict.fromkeys(LATER_SETTINGS))


# docs/spec/authority.md


def terms_item(terms: Json) -> list[Any]:
    holder = [unhex(terms["parent"]), unhex(terms["holder"]), terms["verbs"], terms["kinds"]]
    return [*holder, unhex(terms["keyPrefix"]), terms["until"], terms["opsMax"], terms["serial"]]


def denial_item(event: Json) -> list[Any]:
    written = event["written"]
    return [event["command"], event["ops"], None if written is None else [written["element"], written["kind"]]]


def results_and_body(event: Json) -> tuple[list[Any], list[Any]]:
    kind = event["kind"]
    if kind == "WORLD_CREATED":
        return [], [event["format"], event["quantumMs"]]
    if kind == "CHECKPOINT":
        return [unhex(event["worldDigest"])], []
    if kind == "TICK":
        return [event["tick"]], [event["ticks"], event["wallMs"]]
    if kind == "SIGNING_KEY_CHANGED":
        return [event["origin"], unhex(event["publicKey"])], []
    if kind == "RULES_CHECKED":
        found = [event["offenderCount"], unhex(event["offendersDigest"])]
        offenders = [offender_item(each) for each in event["offenders"]]
        return [turn_item(event["turn"]), event["elementCount"], *found], [event["elementCountMax"], offenders]
    if kind == "RULES_ACTIVATED":
        idxs = [event["proposedIdx"], event["rulesIdxBefore"]]
        return [unhex(event["rulePackId"]), *idxs, unhex(event["systemDigest"]), unhex(event["systemSnapshotId"])], []
    if kind == "RULES_REFUSED":
        found = [unhex(event["rulePackId"]), event["offenderCount"], unhex(event["offendersDigest"])]
        return found, [[offender_item(each) for each in event["offenders"]]]
    if kind == "ACCESS_DENIED":
        return [event["verb"]], denial_item(event)
    meta = raw(event["meta"])
    if kind == "GRANT_ADDED":
        return [unhex(event["grantId"])], [terms_item(event["terms"]), unhex(event["signature"]), meta]
    if kind == "GRANT_REVOKED":
        return [unhex(event["grantId"])], [meta]
    if kind == "RULES_WITHDRAWN":
        return [unhex(event["rulePackId"]), event["proposedIdx"]], [meta]
    if kind == "RULES_PROPOSED":
        return [unhex(event["rulePackId"])], [unhex(event["rules"]), migration_item(event["migration"]), meta]
    if kind == "SWS_CREATED":
        return [unhex(event["baseSnapshotId"]), event["parent"]], [meta]
    if kind == "REWRITE_APPLIED":
        results = [event["rewriteIdx"], unhex(event["viewDigest"]), unhex(event["snapshotId"])]
        return results, [[op_item(op) for op in event["ops"]], meta]
    if kind == "SETTINGS_CHANGED":
        settings, patch = settings_items(event)
        return [settings], [patch, meta]
    if kind == "REBASE":
        return rebase_item(event)
    if kind == "COLLAPSE":
        return collapse_item(event)
    if kind == "COLLAPSE_BATCH":
        return batch_item(event)
    return [event["rewriteIdx"], event["createdIdx"]], [event["reason"], meta]


def encode_event(event: Json) -> tuple[bytes, bytes]:
    results, body_items = results_and_body(event)
    body = encode(body_items)
    pins = [event["pins"]["engine"], event["pins"]["policyId"], unhex(event["pins"]["rulePackId"])]
    asked = event["cause"]
    cause = [asked["principal"], asked["requestId"], unhex(asked["commandDigest"]), asked["validUntil"]]
    version = 2 if "grant" in asked else 1
    if event["kind"] == "SETTINGS_CHANGED" and any(len(item) > len(SETTINGS) for item in settings_items(event)):
        version = 2
    if version == 2:
        cause.append(unhex(asked.get("grant")))
    place = [version, event["idx"], event["kind"], event["view"]]
    return encode([*place, pins, cause, results, tagged("event/body", body), len(body)]), body


def command_digest(command: Json) -> bytes:
    kind = command["type"]
    if kind == "createWorkspace":
        arguments: list[Any] = [command["from"]]
    elif kind == "changeSettings":
        arguments = settings_item(command["patch"], dict.fromkeys(LATER_SETTINGS))
    elif kind == "addGrant":
        arguments = [terms_item(command["terms"]), unhex(command["signature"])]
    elif kind == "revokeGrant":
        arguments = [unhex(command["grantId"])]
    elif kind == "expireWorkspace":
        arguments = [command["workspace"]]
    elif kind == "advanceClock":
        arguments = [command["ticks"], command["wallMs"]]
    elif kind == "changeSigningKey":
        arguments = [command["origin"], unhex(command["publicKey"])]
    elif kind == "proposeRules":
        arguments = [unhex(command["rules"]), migration_item(command["migration"])]
    elif kind == "checkRules":
        arguments = [command["elementCountMax"]]
    elif kind == "withdrawRules":
        arguments = [command["proposedIdx"]]
    elif kind == "applyRewrite":
        arguments = [None if command["view"] == "system" else command["view"], [op_item(op) for op in command["ops"]]]
    elif kind == "rebaseWorkspace":
        choices = [[unhex(each["id"]), each["side"]] for each in command["choices"]]
        settled = [choices, [op_item(op) for op in command["ops"]], footprint_item(command["footprint"])]
        arguments = [command["workspace"], command["policyId"], *settled]
    elif kind == "collapseBatch":
        numbers = command["workspaces"] if command["order"] == "given" else sorted(command["workspaces"])
        arguments = [numbers, command["order"], command["policyId"]]
    elif kind == "collapseWorkspace":
        arguments = [command["workspace"], command["policyId"], footprint_item(command["footprint"])]
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


def grant_entry(grant: Json) -> tuple[bytes, bytes]:
    identity = tagged("grant", encode(terms_item(grant)))
    return identity, tagged("grant/value", encode([identity, grant["addedIdx"], grant["opsSpent"], grant["revokedIdx"]]))


def world_digest(counters: Json, tables: Json) -> bytes:
    def number(value: int) -> bytes:
        return value.to_bytes(8, "big")

    def pairs(rows: list[list[str]]) -> list[tuple[bytes, bytes]]:
        return [(bytes.fromhex(key), bytes.fromhex(value)) for key, value in rows]

    def written(part: Json | None) -> list[Any]:
        if part is None:
            return [None, None]
        expected = [
            (unhex(row["id"]), tagged("expectation", encode([row["element"], unhex(row["value"])]))) for row in part["expected"]
        ]
        return [part["opCount"], trie_root(expected)]

    workspaces, ended, requests = [], [], []
    for each in tables["workspaces"]:
        base = [each["baseView"], unhex(each["baseSnapshotId"]), unhex(each["baseDigest"]), each["baseSystemChanges"]]
        views = [each["number"], each["createdIdx"], *base, unhex(each["headSnapshotId"]), unhex(each["headDigest"])]
        size = [unhex(each["meta"]), each["parent"], each["abortCount"], *written(each), *written(each["parentAtFork"])]
        owned = [unhex(each["owner"]), each["usedTick"], each["baseTick"]] if "owner" in each else []
        workspaces.append((number(each["number"]), tagged("workspace", encode([*views, *size, *owned]))))
    for each in tables["ended"]:
        base = [each["baseView"], unhex(each["parentSnapshotId"])]
        row = [each["number"], each["endedIdx"], each["end"], *base, unhex(each["meta"])]
        row += [unhex(each["owner"])] if "owner" in each else []
        ended.append((number(each["number"]), tagged("workspace", encode(row))))
    for each in tables["requests"]:
        key = tagged("request", encode([each["principal"], each["requestId"]]))
        principal = tagged("principal", encode(each["principal"]))
        row = [unhex(each["commandDigest"]), each["firstIdx"], principal]
        requests.append((key, tagged("request/value", encode(row))))
    counts = [counters["rewriteCount"], unhex(counters["systemSnapshotId"]), counters["systemChanges"]]
    settings = settings_item(counters["settings"], LATER_SETTINGS)
    history = [counters["historySize"], unhex(counters["treeHead"])]
    installation = None if counters["installation"] is None else installation_digest(counters["installation"])
    last = [counters["workspaceCount"], counters["commitStatus"], settings, counters["rulesIdx"], installation]
    clock = [counters["clock"]["tick"], counters["clock"]["wallMs"]]
    clock += [counters["agesFromTick"]] if "agesFromTick" in counters else []
    items = [*history, unhex(counters["rulePackId"]), counters["quantumMs"], *counts]
    roots = [
        ["counters", tagged("counters", encode([*items, *last, *clock]))],
        ["edges", trie_root(pairs(tables["edges"]))],
        ["ended", trie_root(ended)],
        ["nodes", trie_root(pairs(tables["nodes"]))],
        ["requests", trie_root(requests)],
        ["workspaces", trie_root(workspaces)],
    ]
    if "grants" in tables:
        roots.append(["grants", trie_root([grant_entry(grant) for grant in tables["grants"]])])
    if "denials" in tables:
        told = [(bytes.fromhex(key), tagged("denials", encode(count))) for key, count in tables["denials"]]
        roots.append(["denials", trie_root(told)])
    roots.sort()
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
        for each in snapshots["batches"]:
            lineage = bytes.fromhex(each["target"] + "".join(each["workspaces"]) + each["digest"])
            self.same(f"batch {each['name']}", each["id"], tagged("snapshot/batch", lineage))
        return sum(len(snapshots[each]) for each in ("snapshots", "collapses", "batches"))

    def rule_packs(self, vectors: Json) -> int:
        for each in vectors["packs"]:
            self.same(f"pack {each['name']}", each["bytes"], encode(each["document"]))
            self.same(f"id of pack {each['name']}", each["id"], tagged("rulepack", bytes.fromhex(each["bytes"])))
        for each in vectors["slots"]:
            self.same(f"slot {each['of']}", each["slot"], slot_digest(each["of"]))
        return len(vectors["packs"]) + len(vectors["slots"])

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
            if each["event"]["kind"] == "RULES_REFUSED":
                refused = each["event"]
                self.same(f"{name}: offenders", refused["offendersDigest"], offenders_digest(refused["offenders"]) or b"")
            for collapse in each["event"].get("entries", [each["event"]]):
                conflicts = collapse.get("conflicts", [])
                if conflicts:
                    digest = tagged("conflicts", encode([conflict_item(conflict) for conflict in conflicts]))
                    self.same(f"{name}: conflicts", collapse["conflictsDigest"], digest)
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
    rule_count = judge.rule_packs(read("graph/rule-packs.json"))
    histories = [read(f"history/{name}.json") for name in ("events", "records", "rules", "collapses", "grants")]
    worlds = [read(f"history/{name}.json") for name in ("world", "rules-world", "grants-world")]
    command_count = sum(map(judge.history, histories))
    event_count = sum(len(history["events"]) for history in histories)
    judge.same("rule pack", worlds[0]["counters"]["rulePackId"], tagged("rulepack", encode({})))
    for world in worlds:
        judge.same("world", world["worldDigest"], world_digest(world["counters"], world["tables"]))
    counts = f"{element_count} elements, {len(graphs)} graphs, {snapshot_count} snapshots"
    said = f"checked {counts}, {rule_count} packs and slots, {event_count} events, {command_count} commands, {len(worlds)} worlds"
    print("\n".join(judge.mismatches) or said)
    return 1 if judge.mismatches else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
