/** Imports a peer by name from this folder, where `--peers` installs them. */

/** `Module` states the few verbs that an adapter uses. */
export async function importPeer<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module; // the peers are not there when the types are checked
}
