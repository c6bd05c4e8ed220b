/** Who asks: nothing, a token that one was given, or one that is got by showing a key. */

export interface Credentials {
  /** What `Authorization` says; undefined: nothing. */
  authorization(signal: AbortSignal): Promise<string | undefined>;
  /** After the daemon has not known what was said: whether something else can be said now. */
  renew(): boolean;
}

export function tokenCredentials(token: string | undefined): Credentials {
  const authorization = Promise.resolve(token === undefined ? undefined : `Bearer ${token}`);
  return { authorization: () => authorization, renew: () => false };
}
