import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { describePictureFile } from './describe-picture-file.ts';

describe('describePictureFile', () => {
  it.each([
    ['AUTOMATIC1111_automatic1111_cropped.png', 'A1111', 1, false],
    ['AUTOMATIC1111_automatic1111_stealth.png', 'A1111', 1, false],
    ['ComfyUI_img2img_cropped.png', 'ComfyUI', 1, true],
    ['ComfyUI_night_evening_day_morning_cropped.png', 'ComfyUI', 2, true],
    ['Fooocus_fooocus1_cropped.png', 'Fooocus', 1, false],
    ['InvokeAI_invokeai_sdmeta1.png', 'InvokeAI', 1, false],
    ['NovelAI_novelai1_cropped.png', 'NovelAI', 1, false],
  ])('tells the settings of %s', async (name, program, passes, hasWorkflow) => {
    const described = await describePictureFile(sharedData(`images/parsers_${name}`));
    expect(described.program).toContain(program);
    expect(described.passes).toHaveLength(passes);
    expect(described.hasWorkflow).toBe(hasWorkflow);
    const labels = described.passes[0]!.map(([label]) => label);
    expect(labels.slice(0, 1)).toEqual(['Prompt']);
    expect(labels).toEqual(expect.arrayContaining(['Steps', 'Seed']));
    // Ready for JSON: seeds of 64 bits are there, as text where a number cannot hold them.
    expect(JSON.parse(JSON.stringify(described.data))).toEqual(described.data);
    expect(described.data).toMatchObject({ parameters: { prompt: described.passes[0]![0]![1] } });
  });

  it('names the file that cannot be read', async () => {
    const path = sharedData('images/bad_images_empty_file.png');
    await expect(describePictureFile(path)).rejects.toThrow(path);
  });
});
