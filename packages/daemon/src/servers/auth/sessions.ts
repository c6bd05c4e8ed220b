/**
 * Sessions of keys: tokens that stand for a key for an hour.
 *
 * - N1 Only hashes of tokens are held, in memory alone: a restart ends every session.
 * - N2 Sessions are bounded, those of one key among them. Whoever opens many displaces their own, and strangers, who hold no
 *      grant in any world, displace only each other's.
 */
import { hash, randomBytes } from 'node:crypto';
import type { Principal } from '../../engine/principal.ts';
import { Failure } from '../../errors/failure.ts';

export const SESSION_SECONDS = 3600;
export const SESSIONS_OF_KEY_MAX = 16;

export interface SessionLimits {
  /** Of keys that hold a grant somewhere. */
  readonly knownMax: number;
  readonly strangersMax: number;
}

const SESSION_LIMITS: SessionLimits = { knownMax: 16_384, strangersMax: 1024 };
const TOKEN_SIZE_BYTES = 32;

interface Session {
  readonly principal: Principal;
  readonly expiresMs: number;
}

export interface SessionsOptions {
  /** Never goes back. */
  readonly nowMs: () => number;
  readonly limits?: Partial<SessionLimits>;
}

export class Sessions {
  readonly #nowMs: () => number;
  readonly #limits: SessionLimits;
  /** By the hash of their token, oldest first: all last as long. */
  readonly #known = new Map<string, Session>();
  readonly #strangers = new Map<string, Session>();
  /** Hashes of each key's sessions, oldest first. */
  readonly #byPrincipal = new Map<Principal, Set<string>>();

  constructor({ nowMs, limits }: SessionsOptions) {
    this.#nowMs = nowMs;
    this.#limits = { ...SESSION_LIMITS, ...limits };
  }

  /** The token of a new session. Throws `OVERLOADED`. */
  open(principal: Principal, standing: 'known' | 'stranger'): string {
    this.#forgetExpired(this.#known);
    this.#forgetExpired(this.#strangers);
    const own = this.#byPrincipal.get(principal);
    if (own !== undefined && own.size >= SESSIONS_OF_KEY_MAX) this.#forget(own.values().next().value!); // it has some
    if (standing === 'known' && this.#known.size >= this.#limits.knownMax) {
      throw new Failure('OVERLOADED', '', `${this.#limits.knownMax} sessions are open`);
    }
    if (standing === 'stranger' && this.#strangers.size >= this.#limits.strangersMax) {
      this.#forget(this.#strangers.keys().next().value!); // it is full
    }
    const token = randomBytes(TOKEN_SIZE_BYTES).toString('base64url');
    const key = hashOf(token);
    const sessions = standing === 'known' ? this.#known : this.#strangers;
    sessions.set(key, { principal, expiresMs: this.#nowMs() + SESSION_SECONDS * 1000 });
    const hashes = this.#byPrincipal.get(principal) ?? new Set();
    this.#byPrincipal.set(principal, hashes.add(key));
    return token;
  }

  /** Whom the token stands for, if its session has not ended. */
  principalOf(token: string): Principal | undefined {
    const key = hashOf(token);
    const session = this.#known.get(key) ?? this.#strangers.get(key);
    return session !== undefined && session.expiresMs > this.#nowMs() ? session.principal : undefined;
  }

  #forgetExpired(sessions: ReadonlyMap<string, Session>): void {
    const nowMs = this.#nowMs();
    for (const [key, { expiresMs }] of sessions) {
      if (expiresMs > nowMs) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    const session = this.#known.get(key) ?? this.#strangers.get(key);
    if (session === undefined) return;
    this.#known.delete(key);
    this.#strangers.delete(key);
    const own = this.#byPrincipal.get(session.principal);
    own?.delete(key);
    if (own?.size === 0) this.#byPrincipal.delete(session.principal);
  }
}

function hashOf(token: string): string {
  return hash('sha256', token, 'base64url');
}
