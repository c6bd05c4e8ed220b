/** Who wrote what an element is. */
import { searchWriter, type SearchWriterVariables, type WriterParts } from '../wire/generated.ts';
import type { Json } from '../wire/operation.ts';
import type { RequestOptions, Session } from '../transport/session.ts';
import { nameOfView, type ViewName } from './view-name.ts';

/** The rewrite that wrote it last, or the collapse or rebase whose merge decided it. */
export interface Writer {
  /** Of its event. */
  readonly eventIdx: number;
  /** What it was written in. */
  readonly view: ViewName;
  readonly principal: string;
  readonly meta: Json;
  /** The last op on the element; null where a merge decided. */
  readonly op: Json;
  /** The collapses that carried it into the view that was asked, in their order. */
  readonly carriedBy: readonly Carrier[];
}

export interface Carrier {
  readonly eventIdx: number;
  readonly into: ViewName;
  readonly principal: string;
  readonly meta: Json;
}

/** Goes on where a search ends until it has found the writer, or there is nothing more to look at. */
export async function searchWriterOf(
  session: Session,
  variables: SearchWriterVariables,
  options?: RequestOptions,
): Promise<Writer | undefined> {
  for (let after: string | undefined; ;) {
    const { writer, next } = (await session.query(searchWriter, { ...variables, after }, options)).provenance;
    if (writer !== null) return writerFromWire(writer);
    if (next === null) return undefined;
    after = next;
  }
}

function writerFromWire({ id, view, principal, meta, op, carriedBy }: NonNullable<WriterParts['writer']>): Writer {
  return {
    eventIdx: Number(id),
    view: nameOfView(view),
    principal,
    meta,
    op,
    carriedBy: carriedBy.map((each) => ({
      eventIdx: Number(each.id),
      into: nameOfView(each.into),
      principal: each.principal,
      meta: each.meta,
    })),
  };
}
