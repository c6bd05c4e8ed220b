/** What a command prints, without what is another each time: keys, signatures, folders, ports, speeds. */

/** Each with what stands in its place, in this order. */
const MOVING: readonly (readonly [pattern: RegExp, still: string])[] = [
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'],
  // The first key of a world, and what is signed with it, are random; so is what a world is named after.
  [/\b[0-9a-f]{32}\b/g, '<world id>'],
  [/\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}/g, '+<key>'],
  [/(— \S+(?: id>)? )[A-Za-z0-9+/]{80,}={0,2}/g, '$1<signature>'],
  [/((?:publicKey|principal)"?(?::|\s)\s*"?(?:key:)?)[0-9a-f]{64}/g, '$1<public key>'],
  [/("worldKey":")[0-9a-f]{64}/g, '$1<world key>'],
  [/"(eventsPerSecond|batchMark)":\d+/g, '"$1":0'],
];
/** The speed in a table of `replay`. */
const SPEED = /( *[\d,]+)(?=  [0-9a-f]{64}\n)/g;

export function stillText(text: string, folder: string): string {
  const slow = /^WORLD .* EVENTS\/S /m.test(text)
    ? text.replaceAll(SPEED, (speed) => '#'.padStart(speed.length))
    : text;
  return MOVING.reduce(
    (still, [pattern, place]) => still.replaceAll(pattern, place),
    slow.replaceAll(folder, '<folder>'),
  );
}
