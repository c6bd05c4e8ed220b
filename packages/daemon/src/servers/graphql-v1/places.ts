/** Places in arguments, as callers of v1 know them. */
import { Failure } from '../../errors/failure.ts';
import type { MaybePromise } from '../graphql/maybe-promise.ts';

/** What v0 calls what v1 has under other names: a place, or what it begins with. */
export type PlaceNames = Readonly<Record<string, string>>;

/** Runs what v0 and v1 share; its failures name v1's places. */
export function inPlaces<Value>(names: PlaceNames, work: () => MaybePromise<Value>): MaybePromise<Value> {
  try {
    const value = work();
    return value instanceof Promise ? value.catch((error: unknown) => renamed(error, names)) : value;
  } catch (error) {
    return renamed(error, names);
  }
}

function renamed(error: unknown, names: PlaceNames): never {
  if (!(error instanceof Failure)) throw error;
  const known = Object.keys(names).find(
    (name) => error.place === name || (/^[.[]/.test(error.place.slice(name.length)) && error.place.startsWith(name)),
  );
  if (known === undefined) throw error;
  const place = `${names[known]}${error.place.slice(known.length)}`;
  throw new Failure(error.reason, place, error.message, { cause: error });
}
