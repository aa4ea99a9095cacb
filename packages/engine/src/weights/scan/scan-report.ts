import type { NamedGlobal } from '../format.ts';
import { type Grade, type Graded, gradeGlobal, worstGrade } from './grade.ts';

/** A class or function that a pickle names, with how much it is to be feared. */
export interface Finding extends NamedGlobal, Graded {}

/** Something that kept a scan from seeing everything. */
export interface Blind {
  readonly where: string;
  readonly reason: string;
}

/** What is inside a file that could run code in programs that run pickles. */
export interface ScanReport {
  readonly file: string;
  readonly container: string;
  /** The worst of the findings; never safe where the scan did not see everything. */
  readonly grade: Grade;
  /** How many pickles there are. */
  readonly pickles: number;
  /** Every name once for each pickle that has it, where it stands first. */
  readonly findings: readonly Finding[];
  readonly blind: readonly Blind[];
}

/** Collects a report while a scan goes on. */
export class ScanNotes {
  pickles = 0;
  readonly #findings = new Map<string, Finding>();
  readonly #blind: Blind[] = [];

  readonly found = (global: NamedGlobal): void => {
    const key = JSON.stringify([global.where, global.module, global.name]);
    if (this.#findings.size < FINDING_LIMIT && !this.#findings.has(key)) {
      this.#findings.set(key, { ...global, ...gradeGlobal(global.module, global.name) });
    }
  };

  /** Names that a scan has found so far. */
  get count(): number {
    return this.#findings.size;
  }

  /** Takes over what another scan found. */
  add(other: ScanNotes): void {
    this.pickles += other.pickles;
    for (const finding of other.#findings.values()) this.found(finding);
    for (const { where, reason } of other.#blind) this.missed(where, reason);
  }

  /** Whether every name found looks like one that Python could import. */
  get plausible(): boolean {
    const name = /^[\p{ID_Start}_][\p{ID_Continue}.]*$/u;
    return [...this.#findings.values()].every((finding) => name.test(finding.module) && name.test(finding.name));
  }

  missed(where: string, reason: string): void {
    if (this.#blind.length < BLIND_LIMIT) this.#blind.push({ where, reason });
  }

  report(file: string, container: string): ScanReport {
    const findings = [...this.#findings.values()];
    const grades = findings.map((finding) => finding.grade);
    if (this.#blind.length > 0 || findings.length === FINDING_LIMIT) grades.push('unknown');
    return { file, container, grade: worstGrade(grades), pickles: this.pickles, findings, blind: this.#blind };
  }
}

const FINDING_LIMIT = 10_000;
const BLIND_LIMIT = 1000;
