/**
 * A request of one line, and the line that answers it.
 *
 *     {"id": 1, "world": "main", "command": {"command": "createSws"}}    →  {"id": 1, "ok": true, "result": {…}}
 *     {"id": "a", "graphql": {"query": "{ kernelInfo { tick } }"}}       →  {"id": "a", "ok": true, "result": {"data": …}}
 *     anything else                                                      →  {"id": null, "ok": false, "error": {…}}
 *
 * `id` is the client's own, and comes back as it was.
 */
import { Failure } from '../../errors/failure.ts';
import { parseJson } from '../plain/parse-json.ts';
import { invalid, readObject, readText } from '../graphql/json-value.ts';

export type LineId = string | number | null;

export interface LineRequest {
  readonly world: string;
  readonly ask:
    | { readonly type: 'command'; readonly command: unknown }
    /** Parameters as GraphQL over HTTP has them. */
    | { readonly type: 'graphql'; readonly parameters: unknown };
}

export interface ReadLine {
  /** Null where the line has none that is good. */
  readonly id: LineId;
  readonly request: LineRequest | Failure;
}

const ID_LENGTH_MAX = 256;

/** `world` is the one that is meant where the line names none. */
export function readLine(line: Buffer, world: string): ReadLine {
  let id: LineId = null;
  try {
    const json = parseJson(line, 'the line');
    id = idOf(json);
    return { id, request: readRequest(json, world) };
  } catch (error) {
    if (error instanceof Failure) return { id, request: error };
    throw error;
  }
}

function idOf(json: unknown): LineId {
  const isObject = typeof json === 'object' && json !== null && Object.hasOwn(json, 'id');
  const id = isObject && 'id' in json ? json.id : null;
  if (typeof id === 'string' && id.length <= ID_LENGTH_MAX) return id;
  return typeof id === 'number' && Number.isSafeInteger(id) ? id : null;
}

function readRequest(json: unknown, worldDefault: string): LineRequest {
  const { world, ...line } = readObject(json, '', { required: ['id'], optional: ['world', 'command', 'graphql'] });
  if (idOf(json) === null) throw invalid('id', `text of at most ${ID_LENGTH_MAX} characters, or a whole number`);
  const name = world === undefined ? worldDefault : readText(world, 'world');
  const isCommand = line.command !== undefined;
  if (isCommand === (line.graphql !== undefined)) throw invalid('command', 'give either `command` or `graphql`');
  const ask = isCommand
    ? ({ type: 'command', command: line.command } as const)
    : ({ type: 'graphql', parameters: line.graphql } as const);
  return { world: name, ask };
}
