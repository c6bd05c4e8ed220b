/** A session whose errors speak of the command line that asked, not of the API in between. */
import type { Operation, ProofRequest, Session } from './session.ts';
import { tellTyped, tellTypedEach, type TypedPlaces } from './typed-places.ts';

const WORLD_PLACES: TypedPlaces = { name: '<name>' };
const IMPORT_PLACES: TypedPlaces = { repository: '<repo>', world: '--world', name: '--world' };
const ELEMENT_PLACES: TypedPlaces = { world: '--world', id: '<id>', view: '--view' };
const ARCHIVE_PLACES: TypedPlaces = { world: '--world', to: '--to', before: '--before' };
const GRANT_PLACES: TypedPlaces = {
  world: '--world',
  id: '<id>',
  'terms.holder': '--to',
  'terms.verbs': '--verbs',
  'terms.kinds': '--kinds',
  'terms.keyPrefix_b64': '--key-prefix',
  'terms.until': '--until',
  'terms.opsMax': '--ops-max',
  'terms.serial': '--serial',
};
const KEY_PLACES: TypedPlaces = { world: '--world' };
const PROOF_PLACES: Readonly<Record<ProofRequest['kind'], TypedPlaces>> = {
  inclusion: { world: '--world', idx: '<idx>', size: '--size' },
  consistency: { world: '--world', old: '<old>', size: '[new]' },
  node: ELEMENT_PLACES,
  edge: ELEMENT_PLACES,
};

export function typedSession(session: Session): Session {
  return {
    ...session,
    execute: <Data>(world: string, operation: Operation) => {
      return tellTyped(session.execute<Data>(world, operation), { world: '--world', ...operation.places });
    },
    follow: <Data>(world: string, operation: Operation, signal: AbortSignal) => {
      const places = { world: '--world', ...operation.places };
      return tellTypedEach(session.follow<Data>(world, operation, signal), places);
    },
    createWorld: (name) => tellTyped(session.createWorld(name), WORLD_PLACES),
    prove: (world, request) => tellTyped(session.prove(world, request), PROOF_PLACES[request.kind]),
    keys: (world) => tellTyped(session.keys(world), KEY_PLACES),
    rotateKey: (world) => tellTyped(session.rotateKey(world), KEY_PLACES),
    archive: (world, request) => tellTyped(session.archive(world, request), ARCHIVE_PLACES),
    grants: (world, request) => tellTyped(session.grants(world, request), GRANT_PLACES),
    startImport: (request) => tellTyped(session.startImport(request), IMPORT_PLACES),
  };
}
