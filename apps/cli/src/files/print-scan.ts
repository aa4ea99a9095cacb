import type { ScannedFile } from '@danqing/studio/library/scan-files';
import { showText } from '@danqing/studio/library/show-text';
import type { filesEn } from '../messages/files.ts';
import { withoutPath } from './without-path.ts';

const SHOWN = 10;

/** What was found in a file: its grade, and the names that it is for, worst first. */
export function printScan({ path, grade, report, trouble }: ScannedFile, say: typeof filesEn.scan): string {
  const bad = (report?.findings ?? []).filter((finding) => finding.grade !== 'safe');
  const worst = bad.toSorted((a, b) => Number(b.grade === 'dangerous') - Number(a.grade === 'dangerous'));
  const lines = [
    ...(trouble === undefined ? [] : [withoutPath(say.trouble(trouble), path)]),
    ...worst.map(({ module, name, where, position, reason }) =>
      say.finding(`${module}.${name}`, say.reasons[reason] ?? reason, position, placeIn(where, path)),
    ),
    ...(report?.blind ?? []).map(({ where, reason }) => say.blind(reason, placeIn(where, path))),
  ];
  const more = lines.length > SHOWN ? [say.more(lines.length - SHOWN)] : [];
  const shown = [...lines.slice(0, SHOWN), ...more].map((line) => `    ${showText(line)}`);
  return [`${say.grades[grade]}  ${showText(path)}`, ...shown].join('\n');
}

/** The member of an archive that something stands in; empty for the file itself. */
const placeIn = (where: string, path: string): string =>
  where.startsWith(path) ? where.slice(path.length).replace(/^ › /, '') : where;
