/** What daemons answer, good or bad (`docs/spec/http.md`, `docs/spec/graphql.md`). */
import { isObject } from '../wire/element.ts';
import type { Json, JsonObject } from '../wire/operation.ts';
import { errorOf, strangeAnswer, type JitosError } from './errors.ts';

/** Undefined for text that is no JSON. */
export function parseJson(source: string): Json | undefined {
  try {
    return JSON.parse(source) as Json; // whatever it is, it is JSON
  } catch {
    return undefined;
  }
}

/** The error that an answer tells of, in either form; undefined if it tells of none. */
export function toldError(answer: Json, retryAfterMs?: number): JitosError | undefined {
  if (!isObject(answer)) return undefined;
  const { errors, error } = answer;
  const [first] = Array.isArray(errors) ? (errors as readonly Json[]) : []; // JSON's lists hold JSON
  if (first !== undefined && isObject(first)) {
    const { message = '', extensions = null } = first;
    return toError({ ...(isObject(extensions) ? extensions : {}), detail: message }, retryAfterMs);
  }
  return error !== undefined && isObject(error) ? toError(error, retryAfterMs) : undefined;
}

function toError(told: JsonObject, retryAfterMs: number | undefined): JitosError {
  const { after } = told;
  return errorOf({
    reason: text(told['reason']),
    code: text(told['code']),
    place: text(told['place']),
    detail: text(told['detail']),
    advice: text(told['advice']),
    retry: told['retry'] === 'later' ? 'later' : 'never',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(typeof after === 'string' ? { after } : {}),
  });
}

function text(json: Json | undefined): string {
  return typeof json === 'string' ? json : '';
}

/** `data` of GraphQL's answer. Throws the error that it tells of. */
export function mustGetData(answer: Json | undefined, address: string, retryAfterMs?: number): JsonObject {
  const error = answer === undefined ? undefined : toldError(answer, retryAfterMs);
  if (error !== undefined) throw error;
  const data = answer !== undefined && isObject(answer) ? (answer['data'] ?? null) : null;
  if (!isObject(data)) throw strangeAnswer(address);
  return data;
}
