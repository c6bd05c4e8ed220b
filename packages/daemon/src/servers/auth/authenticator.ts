/**
 * Who asks: a request proves it with a token, or is refused before anything else about it is looked at.
 *
 * - A1 A principal comes from a token that was given out here; nothing else in a request names one.
 * - A2 What is told of a refusal holds nothing of what was sent.
 */
import { timingSafeEqual } from 'node:crypto';
import { LOCAL_PRINCIPAL, type Principal } from '../../engine/principal.ts';
import { Failure } from '../../errors/failure.ts';

/** Whether requests are asked who they come from. */
export type Authentication =
  /** No: whoever reaches the address is the local principal. */
  { readonly by: 'nobody' } | { readonly by: 'token'; readonly localToken: string };

const SCHEME = 'bearer ';

export interface AuthenticatorOptions {
  readonly authentication: Authentication;
  /** Whom the token of a session stands for. */
  readonly principalOf: (token: string) => Principal | undefined;
}

export class Authenticator {
  readonly #principalOf: AuthenticatorOptions['principalOf'];
  /** Undefined: nobody is asked. */
  readonly #localToken: Buffer | undefined;
  readonly #given: Buffer;

  constructor({ authentication, principalOf }: AuthenticatorOptions) {
    this.#principalOf = principalOf;
    this.#localToken = authentication.by === 'nobody' ? undefined : Buffer.from(authentication.localToken, 'latin1');
    this.#given = Buffer.alloc(this.#localToken?.length ?? 0);
  }

  /** Whether a request without a token is believed. */
  get asksNobody(): boolean {
    return this.#localToken === undefined;
  }

  /** Of what stands in `Authorization`. Throws `UNAUTHENTICATED`. */
  authenticate(authorization: unknown): Principal {
    if (this.#localToken === undefined) return LOCAL_PRINCIPAL;
    const token = tokenOf(authorization);
    if (this.#isLocalToken(token, this.#localToken)) return LOCAL_PRINCIPAL;
    const principal = this.#principalOf(token);
    if (principal !== undefined) return principal;
    throw new Failure('UNAUTHENTICATED', PLACE, 'the token is none of this daemon, or its session has ended');
  }

  /** As fast whatever differs: of the token only its length, which is no secret, shows in the time. */
  #isLocalToken(token: string, localToken: Buffer): boolean {
    if (token.length !== localToken.length) return false;
    this.#given.write(token, 'latin1');
    return timingSafeEqual(this.#given, localToken);
  }
}

const PLACE = 'authorization';

function tokenOf(authorization: unknown): string {
  if (typeof authorization !== 'string') throw new Failure('UNAUTHENTICATED', PLACE, 'there is no token');
  if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) {
    throw new Failure('UNAUTHENTICATED', PLACE, 'it is no bearer token');
  }
  return authorization.slice(SCHEME.length).trim();
}
