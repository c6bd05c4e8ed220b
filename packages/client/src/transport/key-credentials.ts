/** Showing a key for the token of a session (`docs/spec/authority.md`). */
import { toBase64 } from '../wire/bytes.ts';
import type { Clock } from './clock.ts';
import type { Credentials, Signer } from './credentials.ts';
import type { Http } from './http.ts';

interface KeySession {
  readonly authorization: string;
  readonly renewMs: number;
}

/** Of the time that a session lasts, the part after which another one is opened. */
const RENEW_SHARE = 0.9;

/**
 * Logs in when it is first asked, and again when the session is about to end or the daemon has forgotten it
 * (`docs/spec/authority.md`). `http` asks without credentials.
 */
export class KeyCredentials implements Credentials {
  readonly #http: Http;
  readonly #signer: Signer;
  readonly #clock: Clock;
  #session: Promise<KeySession> | undefined;
  #current: KeySession | undefined;

  constructor(http: Http, signer: Signer, clock: Clock) {
    this.#http = http;
    this.#signer = signer;
    this.#clock = clock;
  }

  async authorization(): Promise<string> {
    if (this.#current !== undefined && this.#clock.nowMs() >= this.#current.renewMs) this.#forget();
    this.#session ??= this.#logIn();
    try {
      this.#current = await this.#session;
    } catch (error) {
      this.#forget();
      throw error;
    }
    return this.#current.authorization;
  }

  /** Of many that were refused with one token, the first makes for another. */
  renew(refused: string | undefined): boolean {
    if (this.#current?.authorization === refused) this.#forget();
    return true;
  }

  #forget(): void {
    this.#current = undefined;
    this.#session = undefined;
  }

  async #logIn(): Promise<KeySession> {
    const { publicKey } = this.#signer;
    const startMs = this.#clock.nowMs();
    const { challenge } = await this.#post<{ readonly challenge: string }>('/v1/auth/challenge', { publicKey });
    const { origin } = new URL(this.#http.address);
    const text = `jitos-login/1\n${origin}\n${challenge}\n`;
    const signature = toBase64(await this.#signer.sign(new TextEncoder().encode(text)));
    const body = { publicKey, challenge, signature };
    const { token, expiresInSeconds } = await this.#post<{
      readonly token: string;
      readonly expiresInSeconds: number;
    }>('/v1/auth/session', body);
    return { authorization: `Bearer ${token}`, renewMs: startMs + expiresInSeconds * 1000 * RENEW_SHARE };
  }

  async #post<Answer>(path: string, body: Readonly<Record<string, string>>): Promise<Answer> {
    const { signal } = new AbortController();
    return JSON.parse(await this.#http.text({ path, body, signal })) as Answer; // as docs/spec/authority.md has it
  }
}
