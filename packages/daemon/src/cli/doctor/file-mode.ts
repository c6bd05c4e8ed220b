/** Who may read or write a file. */

/** Its group, or anybody. */
export function othersMay(mode: number): boolean {
  return (mode & 0o077) !== 0;
}

/** As `chmod` takes it. */
export function modeText(mode: number): string {
  return (mode & 0o777).toString(8);
}
