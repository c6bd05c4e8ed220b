/** What a diff costs that knows nothing of what two states share: every key of one plain `Map` looked up in another. */
import { entryKey, type OpenDiffStates } from '../workloads/graph-diff.ts';

/** The second state alone: thirty-two maps of a million keys do not fit. */
export const openDiffStates: OpenDiffStates = (_dir, { nodeCount, changesByState }) => {
  const before = new Map<string, number>();
  for (let number = 0; number < nodeCount; number++) before.set(entryKey(number), 0);
  const after = new Map(before);
  for (const number of changesByState[0] ?? []) after.set(entryKey(number), 1);
  return {
    diff: () => {
      const changes: { key: string; before: number | undefined; after: number | undefined }[] = [];
      for (const [key, value] of before) {
        const there = after.get(key);
        if (there !== value) changes.push({ key, before: value, after: there });
      }
      for (const [key, value] of after) if (!before.has(key)) changes.push({ key, before: undefined, after: value });
      return changes.length;
    },
  };
};
