import { weightFiles } from '@danqing/engine/graph/content';
import { add } from '@danqing/engine/graph/ops/add';
import { type Graph, input, scalar, weight } from '@danqing/engine/graph/value';
import type { RunMode, Session } from '@danqing/engine/runtime';
import { describe, expect, it } from 'vitest';
import { SessionCache, type SessionSettings } from './session-cache.ts';

/** A graph that reads one file; another number makes another graph. */
function graphOf(file: string, number = 1): Graph {
  const stored = weight({ name: 'w', dtype: 'F32', shape: [1], file, offset: 0, length: 4 });
  const x = input('x', [1]);
  return { name: 'g', inputs: [x], outputs: { y: add(add(x, stored), scalar(number)) } };
}

interface OpenSession extends Session {
  readonly graph: Graph;
  readonly mode: RunMode;
}

const settings = (mode: RunMode, budgetBytes: number, bytes = 100): SessionSettings => ({
  mode,
  budgetBytes,
  sizeOf: () => bytes,
});

/** A cache over sessions that only say what was opened and closed; every session takes 100 bytes. */
function setUp(budgetBytes = 1000) {
  const opened: OpenSession[] = [];
  const closed: OpenSession[] = [];
  const stamps = new Map<string, number>();
  const failures: Error[] = [];
  const cache = new SessionCache(
    {
      async open(graph, { mode }) {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        const session: OpenSession = {
          graph,
          mode,
          run: () => Promise.resolve({}),
          release() {
            closed.push(session);
            return Promise.resolve();
          },
        };
        opened.push(session);
        return Promise.resolve(session);
      },
      identify: (file) => `${file} ${stamps.get(file) ?? 0}`,
    },
    settings('quick', budgetBytes),
  );
  const get = (graph: Graph): Promise<Session> => cache.use(graph, (session) => Promise.resolve(session));
  return { cache, get, opened, closed, stamps, failures };
}

describe('SessionCache', () => {
  it('gives the same session for the same content, however often the graph is built', async () => {
    const { get, opened } = setUp();
    expect(await get(graphOf('/a'))).toBe(await get(graphOf('/a')));
    expect(opened).toHaveLength(1);
  });

  it('opens another for another graph, file or mode, and for a file that has changed', async () => {
    const { cache, get, opened, stamps } = setUp();
    const graph = graphOf('/a');
    await get(graph);
    await get(graphOf('/a', 2));
    await get(graphOf('/b'));
    stamps.set('/a', 1);
    await get(graph);
    await cache.configure(settings('small', 1000));
    await get(graph);
    expect(opened.map(({ mode }) => mode)).toEqual(['quick', 'quick', 'quick', 'quick', 'small']);
  });

  it('opens once for two that ask at the same time', async () => {
    const { get, opened } = setUp();
    const [a, b] = await Promise.all([get(graphOf('/a')), get(graphOf('/a'))]);
    expect(a).toBe(b);
    expect(opened).toHaveLength(1);
  });

  it('closes the least recently used when the memory is full', async () => {
    const { get, opened, closed } = setUp(250);
    const [a, b, c] = [graphOf('/a'), graphOf('/b'), graphOf('/c')];
    await get(a);
    await get(b);
    await get(a);
    await get(c);
    expect(closed.map(({ graph }) => graph)).toEqual([b]);
    await get(a);
    expect(opened).toHaveLength(3);
  });

  it('never closes one that is in use, nor refuses one that is larger than the memory allowed', async () => {
    const { cache, get, closed } = setUp(100);
    await cache.use(graphOf('/a'), async () => {
      await get(graphOf('/b'));
      expect(closed).toEqual([]);
    });
    await get(graphOf('/c'));
    expect(closed).toHaveLength(2);
    await cache.configure(settings('quick', 10));
    expect(cache.size).toBe(0);
    await get(graphOf('/a'));
    expect(cache.size).toBe(1);
  });

  it('reckons with larger runs from when a job has them', async () => {
    const { cache, get, closed } = setUp(250);
    await get(graphOf('/a'));
    await cache.configure(settings('quick', 250, 200));
    await get(graphOf('/a'));
    await cache.configure(settings('quick', 250, 10));
    // What it has taken once it keeps: 200 and 10 fit, another 100 do not.
    await get(graphOf('/b'));
    expect(closed).toEqual([]);
    await cache.configure(settings('quick', 250, 100));
    await get(graphOf('/c'));
    expect(closed.map(({ graph }) => weightFiles(graph))).toEqual([['/a']]);
  });

  it('tries again after opening has failed', async () => {
    const { get, cache, failures } = setUp();
    failures.push(new Error('no'));
    await expect(get(graphOf('/a'))).rejects.toThrow('no');
    expect(cache.size).toBe(0);
    await get(graphOf('/a'));
    expect(cache.size).toBe(1);
  });

  it('clears', async () => {
    const { get, cache, opened, closed } = setUp();
    await get(graphOf('/a'));
    await get(graphOf('/b'));
    await cache.clear();
    expect(closed).toEqual(opened);
    expect(cache.size).toBe(0);
  });

  it('builds the graphs of a model once each and shares sessions between models', async () => {
    const { cache, opened } = setUp();
    let built = 0;
    const graph = (): Graph => {
      built++;
      return graphOf('/vae');
    };
    const [first, second] = [cache.forModel(), cache.forModel()];
    for (const withSession of [first, first, second]) {
      await withSession({ name: 'VAE decoder', variant: '', graph }, () => Promise.resolve());
    }
    expect(built).toBe(2);
    expect(opened).toHaveLength(1);
  });

  it('opens in the mode of the model that asks, whatever job has been set up since', async () => {
    const { cache, opened } = setUp();
    const ahead = cache.forModel('small');
    const network = { name: 'denoiser', variant: '', graph: () => graphOf('/a') } as const;
    const session = await ahead(network, (open) => Promise.resolve(open));
    expect(opened.map(({ mode }) => mode)).toEqual(['small']);
    await cache.configure(settings('quick', 1000));
    expect(await ahead(network, (open) => Promise.resolve(open))).toBe(session);
    expect(await cache.forModel()(network, (open) => Promise.resolve(open))).not.toBe(session);
    expect(cache.roomBytes).toBe(800);
  });
});
