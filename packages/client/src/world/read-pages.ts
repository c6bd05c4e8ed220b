/** Reading page after page. */

/** One page, and whether and how to ask for the next. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** What the next page is asked for with; undefined: there is none. */
  readonly next: string | undefined;
}

/** The pages, each asked for when it is wanted. */
export async function* readPages<Result extends Page<unknown>>(
  read: (after: string | undefined) => Promise<Result>,
  after?: string,
): AsyncGenerator<Result, void> {
  for (let position = after, isFirst = true; isFirst || position !== undefined; isFirst = false) {
    const page: Result = await read(position);
    yield page;
    position = page.next;
  }
}

/** What is on the pages. */
export async function* readItems<Item>(
  read: (after: string | undefined) => Promise<Page<Item>>,
  after?: string,
): AsyncGenerator<Item, void> {
  for await (const { items } of readPages(read, after)) yield* items;
}

/** Of a connection's `pageInfo`. */
export function nextOf(info: { readonly endCursor: string | null; readonly hasNextPage: boolean }): string | undefined {
  return info.hasNextPage && info.endCursor !== null ? info.endCursor : undefined;
}
