/** A document of GraphQL with the types of what it takes and what it answers. */

/** Any JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

declare const dataBrand: unique symbol;
declare const variablesBrand: unique symbol;

/** One operation and the fragments that it uses. The types are of no value: they only travel with it. */
export interface Operation<Data, Variables> {
  readonly text: string;
  readonly [dataBrand]?: Data;
  readonly [variablesBrand]?: Variables;
}

/** For documents of one's own, whose types one says. */
export function operation<Data, Variables = Readonly<Record<string, Json>>>(text: string): Operation<Data, Variables> {
  return { text };
}
