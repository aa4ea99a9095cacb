/** The hashes of a model file that people and programs know it by; hex digits in lower case. */
export interface ModelHashes {
  /** A1111's first hash, 8 digits: SHA-256 of the 64 KiB at 1 MiB. For a file that ends before, that of nothing. */
  readonly old: string;
  /** SHA-256 of the file, 64 digits; its first 10 are Civitai's AutoV2 and A1111's short hash. */
  readonly sha256: string;
  /**
   * SHA-256 of what follows the header of a safetensors file, 64 digits; its first 12 are AutoV3. Of another file, that of the
   * whole, as A1111 has it.
   */
  readonly data: string;
  /** SHA-256 of the tensors alone (see `TensorDigests`), 64 digits: the same in every container. Absent where there are none. */
  readonly tensors?: string;
  /** BLAKE3 of the file, 64 digits. */
  readonly blake3: string;
  /** CRC-32 of the file, 8 digits. */
  readonly crc32: string;
}

export type HashName = keyof ModelHashes;

export const hashNames: readonly HashName[] = ['old', 'sha256', 'data', 'tensors', 'blake3', 'crc32'];

/** SHA-256 of no bytes: what careless programs record as the hash of a model. */
export const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
