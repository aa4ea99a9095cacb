import { DanqingError } from '../../errors.ts';
import type { ByteSource, Span } from '../tensor-index.ts';
import { DEFLATED, locateData, STORED, type ZipMember } from './zip-directory.ts';

/** Undoes raw deflate; must reject when the result would be longer than `sizeBytes`, without making it. */
export type Inflate = (packed: Uint8Array, sizeBytes: number) => Promise<Uint8Array>;

/** Deflate packs at most 1032 to 1; what claims more lies. */
const HIGHEST_RATIO = 1032;

/**
 * The bytes of a member: in place when it is stored, else unpacked when they are first read.
 * @throws unsupported for a packing method other than deflate, or without `inflate`; bad-file for sizes that cannot be.
 */
export async function openMember(source: ByteSource, member: ZipMember, inflate?: Inflate): Promise<Span> {
  const offset = await locateData(source, member);
  if (member.method === STORED) return { source, offset, length: member.sizeBytes };
  const where = `${source.file} › ${member.name}`;
  if (member.method !== DEFLATED || inflate === undefined) {
    throw new DanqingError('unsupported', {
      where,
      expected: inflate === undefined ? 'data that is not packed' : 'data that is stored or deflated',
      found: `packing method ${member.method}`,
      advice: 'Unpack the archive and pack it again without compression.',
    });
  }
  if (member.sizeBytes > HIGHEST_RATIO * member.storedBytes) {
    throw new DanqingError('bad-file', {
      where,
      expected: `at most ${HIGHEST_RATIO * member.storedBytes} bytes from ${member.storedBytes} packed ones`,
      found: `a size of ${member.sizeBytes}`,
      advice: 'The file is made to deceive.',
    });
  }
  return { source: new InflatedSource(source, member, offset, inflate), offset: 0, length: member.sizeBytes };
}

/** A deflated member, unpacked at the first read and let go once its end was read. */
class InflatedSource implements ByteSource {
  readonly file: string;
  readonly size: number;
  readonly #source: ByteSource;
  readonly #offset: number;
  readonly #storedBytes: number;
  readonly #inflate: Inflate;
  #unpacked: Promise<Uint8Array> | undefined;

  constructor(source: ByteSource, member: ZipMember, offset: number, inflate: Inflate) {
    this.file = `${source.file} › ${member.name}`;
    this.size = member.sizeBytes;
    this.#source = source;
    this.#offset = offset;
    this.#storedBytes = member.storedBytes;
    this.#inflate = inflate;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#unpacked ??= this.#unpack();
    const bytes = await this.#unpacked;
    if (offset + length >= this.size) this.#unpacked = undefined;
    return bytes.slice(offset, offset + length);
  }

  async #unpack(): Promise<Uint8Array> {
    const packed = await this.#source.read(this.#offset, this.#storedBytes);
    let found: string;
    try {
      const bytes = await this.#inflate(packed, this.size);
      if (bytes.length === this.size) return bytes;
      found = `${bytes.length}`;
    } catch (error) {
      found = error instanceof Error ? error.message : String(error);
    }
    throw new DanqingError('bad-file', {
      where: this.file,
      expected: `${this.size} bytes once unpacked`,
      found,
      advice: 'The file is damaged, or made to deceive.',
    });
  }
}
