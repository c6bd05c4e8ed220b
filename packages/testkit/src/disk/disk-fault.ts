/** An error as a disk throws it: its `code` is the errno's name. */
export function diskFault(code: string, detail: string): Error {
  return Object.assign(new Error(`${code}: ${detail}`), { code });
}
