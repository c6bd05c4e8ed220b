/** The rule pack of graphs that are free of any. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { defaultRulePack, type RulePack } from '@jitos/kernel';

export const NO_RULES: RulePack = defaultRulePack(sha256);
