/** A stretch of a file that one request brings: bytes from `start` up to `end`, of which the first `done` are there. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  done: number;
}

/** Cuts a file into stretches of equal length, the last one shorter. */
export function planSegments(sizeBytes: number, segmentBytes: number): Segment[] {
  const count = Math.ceil(sizeBytes / segmentBytes);
  return Array.from({ length: count }, (_, i) => ({
    start: i * segmentBytes,
    end: Math.min(sizeBytes, (i + 1) * segmentBytes),
    done: 0,
  }));
}

/** How many bytes of all segments are there. */
export const doneBytes = (segments: readonly Segment[]): number => segments.reduce((sum, { done }) => sum + done, 0);

/** Whether all bytes of a segment are there. */
export const isComplete = ({ start, end, done }: Segment): boolean => start + done >= end;
