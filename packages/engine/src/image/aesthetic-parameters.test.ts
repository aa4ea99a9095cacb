import { describe, expect, it } from 'vitest';
import { readAesthetic, type RecordedAesthetic, writeAesthetic } from './aesthetic-parameters.ts';
import { UNKNOWN_PARAMETERS } from './generation-parameters.ts';
import { parseInfotext, writeInfotext } from './infotext.ts';

const used: RecordedAesthetic = {
  embedding: 'laion_7plus',
  learningRate: 0.00005,
  weight: 0.9,
  steps: 5,
  slerp: true,
  text: 'oil, on canvas: calm',
  textNegative: false,
  slerpAngle: -0.1,
};

describe('AG-02: aesthetic gradients in infotext', () => {
  it("AG-02: the extension's keys in its order and form", () => {
    const text = writeInfotext({ ...UNKNOWN_PARAMETERS, prompt: 'a', steps: 20, extra: writeAesthetic(used) });
    expect(text).toContain(
      'Aesthetic LR: 5e-05, Aesthetic weight: 0.9, Aesthetic steps: 5, Aesthetic embedding: laion_7plus, Aesthetic slerp: True, ' +
        'Aesthetic text: "oil, on canvas: calm", Aesthetic text negative: False, Aesthetic slerp angle: -0.1',
    );
    expect(writeAesthetic(undefined)).toEqual([]);
  });

  it('AG-02: what was written is read again', () => {
    for (const one of [used, { ...used, text: '', slerp: false, textNegative: true, learningRate: 0.0001 }]) {
      const text = writeInfotext({
        ...UNKNOWN_PARAMETERS,
        prompt: 'a',
        steps: 20,
        samplerName: 'Euler',
        seed: 1n,
        extra: writeAesthetic(one),
      });
      expect(readAesthetic(parseInfotext(text).extra)).toEqual(one);
    }
  });

  it('AG-02: pictures without one, and damaged numbers', () => {
    expect(readAesthetic([])).toBeUndefined();
    expect(readAesthetic([['Aesthetic embedding', 'None']])).toBeUndefined();
    expect(
      readAesthetic([
        ['Aesthetic embedding', 'mood'],
        ['Aesthetic steps', 'many'],
      ]),
    ).toEqual({ embedding: 'mood', slerp: false, text: '', textNegative: false });
  });
});
