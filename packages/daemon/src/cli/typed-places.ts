/**
 * Places of errors as their reader typed them: the API names the fields of its input (`nodesPage.first`), a command line
 * has flags (`--nodes`).
 */
import { Failure } from '../errors/failure.ts';

/** Place in the API → what was typed for it. What lies inside a place (`rewrite.ops[0].op`) follows what was typed. */
export type TypedPlaces = Readonly<Record<string, string>>;

/** The outcome of `work`; if that is a `Failure`, its place is told as what was typed. */
export async function tellTyped<Value>(work: Promise<Value>, places: TypedPlaces): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw typedError(error, places);
  }
}

/** As `tellTyped`, of work that is done piece by piece. */
export async function* tellTypedEach<Value>(work: AsyncIterable<Value>, places: TypedPlaces): AsyncGenerator<Value> {
  try {
    yield* work;
  } catch (error) {
    throw typedError(error, places);
  }
}

function typedError(error: unknown, places: TypedPlaces): unknown {
  if (!(error instanceof Failure)) return error;
  return new Failure(error.reason, typedPlace(error.place, places), error.message, { cause: error });
}

/** The longest place that holds `place` counts; one that was not typed stays as it is. */
export function typedPlace(place: string, places: TypedPlaces): string {
  const holds = (outer: string): boolean => place.startsWith(outer) && /^(?:$|[.[:])/.test(place.slice(outer.length));
  const [outer] = Object.keys(places)
    .filter(holds)
    .sort((one, other) => other.length - one.length);
  return outer === undefined ? place : `${places[outer]}${place.slice(outer.length)}`;
}
