/**
 * A principal's key: an Ed25519 private key in a file of its own, as PKCS#8 in PEM, which `openssl` reads and makes as well.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { bytesFrom, bytesToHex, type Bytes } from '@jitos/kernel';
import { PUBLIC_PREFIX } from '../engine/proofs/signed-note.ts';
import { Failure } from '../errors/failure.ts';
import { errnoOf } from '../ports/disk.ts';
import { makePrivateFile, readPrivateFile } from './private-file.ts';

export interface PrincipalKey {
  readonly publicKey: Bytes;
  /** 64 characters of lowercase hex. */
  readonly publicKeyHex: string;
  sign(message: Uint8Array): Buffer;
}

/** In memory alone. */
export function newKey(): PrincipalKey {
  return keyOf(generateKeyPairSync('ed25519').privateKey);
}

/** Makes a key where nothing is. Throws `USAGE`. */
export function makeKeyFile(path: string): PrincipalKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const text = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  let isMade: boolean;
  try {
    isMade = makePrivateFile(path, text);
  } catch (fault) {
    throw new Failure('USAGE', '<file>', `${path} can't be written: ${errnoOf(fault)}`, { cause: fault });
  }
  if (!isMade) throw new Failure('USAGE', '<file>', `${path} is there already: a key is never overwritten`);
  return keyOf(privateKey);
}

/** Throws `USAGE` if there is none that can be read, else `KEY_FILE_UNFIT`. */
export function readKeyFile(path: string, typed: string): PrincipalKey {
  let text: string | undefined;
  let errno = 'ENOENT';
  try {
    text = readPrivateFile(path, 'KEY_FILE_UNFIT');
  } catch (fault) {
    if (fault instanceof Failure) throw fault;
    errno = errnoOf(fault);
  }
  if (text === undefined) throw new Failure('USAGE', typed, `${path} can't be read: ${errno}`);
  return keyOf(parseKey(text, path));
}

/** Its own error could tell what the file holds. */
function parseKey(text: string, path: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey({ key: text, format: 'pem' });
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new Failure('KEY_FILE_UNFIT', path, 'it does not hold an Ed25519 private key in PEM');
}

function keyOf(privateKey: KeyObject): PrincipalKey {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = bytesFrom(der.subarray(PUBLIC_PREFIX.length));
  return { publicKey, publicKeyHex: bytesToHex(publicKey), sign: (message) => sign(null, message, privateKey) };
}
