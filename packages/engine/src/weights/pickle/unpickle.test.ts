import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import fixture from '../../../../../tests/fixtures/pickle-values.json' with { type: 'json' };
import { ByteWindow } from '../byte-window.ts';
import { memorySource } from '../memory-source.ts';
import { listGlobals } from '../scan/list-globals.ts';
import { modernModule, pythonMeanings } from './python-meanings.ts';
import { unpickle } from './unpickle.ts';
import { Global, Instance, PickledBytes, type PickleValue, Tuple } from './values.ts';

const host = {
  global: (module: string, name: string, position: number) =>
    new Global(module, name, position, pythonMeanings.get(`${modernModule(module)}.${name}`)),
  persistent: (id: PickleValue) => new Instance(null, [id]),
};

const windowOver = (bytes: Uint8Array) => new ByteWindow(memorySource('x', bytes), { where: 'x', what: 'pickle' });
const read = (bytes: Uint8Array) => unpickle(windowOver(bytes), host);
const inflated = (text: string) => new Uint8Array(inflateSync(Buffer.from(text, 'base64')));
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

/** The notation of the fixture, which keeps apart what Python does; numbers alone are one kind here. */
function tagged(value: PickleValue): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') return { number: String(value) };
  if (value instanceof PickledBytes) return { bytes: Buffer.from(value.inline!).toString('hex') };
  if (value instanceof Tuple) return { tuple: value.items.map(tagged) };
  if (Array.isArray(value)) return value.map(tagged);
  if (value instanceof Set) return { set: [...value].map(tagged) };
  if (value instanceof Map) return { dict: [...value].map(([key, item]) => [tagged(key), tagged(item)]) };
  return value;
}

function asNumbers(wanted: unknown): unknown {
  if (Array.isArray(wanted)) return wanted.map(asNumbers);
  if (wanted === null || typeof wanted !== 'object') return wanted;
  if ('int' in wanted) return { number: wanted.int };
  if ('float' in wanted) return { number: String(Number(String(wanted.float).replace('inf', 'Infinity'))) };
  return Object.fromEntries(Object.entries(wanted).map(([key, item]) => [key, asNumbers(item)]));
}

describe('first 5: unpickle', () => {
  const cases = Object.entries(fixture.values).flatMap(([name, { wanted, deflated }]) =>
    deflated.map((pickle, protocol) => ({ name, protocol, wanted, bytes: inflated(pickle) })),
  );

  it.each(cases)('FMT-01: reads $name of protocol $protocol as Python does', async ({ wanted, bytes }) => {
    expect(tagged(await read(bytes))).toEqual(asNumbers(wanted));
  });

  it('keeps one object one object', async () => {
    const pickle = inflated(fixture.values.shared.deflated[4]!);
    const [first, second, third] = (await read(pickle)) as PickleValue[];
    expect(second).toBe(first);
    expect((third as Map<PickleValue, PickleValue>).get('again')).toBe(first);
  });

  it.each(cases)('waits for the bytes of $name of protocol $protocol', async ({ wanted, bytes }) => {
    const window = new ByteWindow(memorySource('x', bytes), { where: 'x', what: 'pickle' }, 0, bytes.length, 1);
    expect(tagged(await unpickle(window, host))).toEqual(asNumbers(wanted));
  });

  it.each([
    ["S'it\\'s \\x41\\102\\n\\q'\n.", "it's AB\n\\q"],
    ['Va\\u4e39\\U0001f3a8\\\n.', 'a丹🎨\\'],
    ['I01\n.', true],
    ['I00\n.', false],
    ['L-5L\n.', { number: '-5' }],
    ['Fnan\n.', { number: 'NaN' }],
    ['U\x02\xff\xfe.', { bytes: 'fffe' }],
    ['(I1\nI2\nl.', [{ number: '1' }, { number: '2' }]],
    ["(S'a'\nI1\nd.", { dict: [['a', { number: '1' }]] }],
    ['I1\n2\x86.', { tuple: [{ number: '1' }, { number: '1' }] }],
    [']I5\na(0I7\na.', [{ number: '5' }, { number: '7' }]],
    [']I5\nap0\n0g0\nI0\nI9\ns.', [{ number: '9' }]],
    ['(1I3\n.', { number: '3' }],
  ])('carries out old opcodes: %j', async (pickle, wanted) => {
    expect(tagged(await read(latin1(pickle)))).toEqual(wanted);
  });

  it('leaves long bytes in the file', async () => {
    const bytes = (await read(latin1(`\x80\x03B\x88\x13\0\0${'x'.repeat(5000)}.`))) as PickledBytes;
    expect(bytes).toMatchObject({ length: 5000, offset: 7, inline: undefined });
  });

  it('stops behind the pickle', async () => {
    const window = windowOver(latin1('N.I5\n.'));
    expect(await unpickle(window, host)).toBeNull();
    expect(window.position).toBe(2);
    expect(await unpickle(window, host)).toBe(5);
  });

  it('keeps objects of unknown classes as data', async () => {
    const pickle = '\x80\x02cmy.module\nNet\n)\x81}U\x05layer]I1\nasb.';
    const net = (await read(latin1(pickle))) as Instance;
    expect(net.type).toMatchObject({ module: 'my.module', name: 'Net', position: 2 });
    expect(tagged(net.state)).toEqual({ dict: [['layer', [{ number: '1' }]]] });
  });

  it.each(Object.entries(fixture.opcodes))('knows the opcode %s', async (name, hex) => {
    const opcode = Buffer.from(hex, 'hex');
    // A stack on which every opcode finds enough; most will not fit together, but all must be known.
    const stack = latin1('}(}]))KaKb');
    const pickle = new Uint8Array(Buffer.concat([stack, opcode, latin1('.')]));
    const reading = await read(pickle).then(
      () => 'read',
      (error: unknown) => String(error),
    );
    expect(reading).not.toContain('an opcode of pickle protocol');

    const names: [string, string, number][] = [];
    const listed = new Uint8Array(Buffer.concat([opcode, latin1('cos\nsystem\n')]));
    await listGlobals(windowOver(listed), { operations: 100 }, (...found) => names.push(found));
    const wanted = name === 'STOP' ? 1 : opcode.length;
    expect(names.at(-1)).toEqual(['os', 'system', wanted]);
  });
});
