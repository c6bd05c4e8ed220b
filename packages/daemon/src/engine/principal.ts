/** Who commands come from. */

declare const isVouchedFor: unique symbol;

/** The name of who asks, as the edge has found it out: never a name that a request brought along. */
export type Principal = string & { readonly [isVouchedFor]: true };

/** Whoever holds the data folder, and with it every right. */
export const LOCAL_PRINCIPAL = 'local' as Principal; // holding the folder is what vouches for it
