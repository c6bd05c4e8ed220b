/**
 * Settings in canonical bytes, as events, commands and checkpoints hold them.
 *
 *     settings  [value …]      in the order of `SETTING_NAMES`: the first five, or all of them if a later one is not as in `unset`
 */
import { CanonicalError, type CanonicalReader } from '../bytes/canonical-reader.ts';
import type { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { SETTING_NAMES, toldSettings, type SettingName, type SettingsPatch } from './settings.ts';

/** Writes those that are told (`toldSettings`). */
export function writeSettings(writer: CanonicalWriter, settings: SettingsPatch, unset: SettingsPatch): void {
  const told = toldSettings(settings, unset);
  writer.array(told.length);
  for (const name of told) writer.integerOrNull(settings[name]);
}

/** Reads one value after the other, in the order of `SETTING_NAMES`; those that are not told are as in `unset`. */
export function readSettings<Settings extends SettingsPatch>(
  reader: CanonicalReader,
  readNext: () => Settings[SettingName],
  unset: Settings,
): Settings {
  const start = reader.offset;
  const settings: Record<string, number | null> = { ...unset };
  const count = reader.array();
  for (const name of SETTING_NAMES.slice(0, count)) settings[name] = readNext();
  const read = settings as Settings; // it has the same names, and for each of them what `readNext` gave
  if (toldSettings(read, unset).length !== count) throw new CanonicalError('wrong-type', start);
  return read;
}
