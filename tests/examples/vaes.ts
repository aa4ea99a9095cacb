import { recordedLists } from './checkpoints.ts';
import { below, type Example, only, without } from './example.ts';
import { unfold } from './folded-list.ts';
import { make } from './make-example.ts';
import { diffusersKlShapes, klShapes } from './networks.ts';

/** VAEs of every kind, tiny ones too. */
export function* vaeExamples(): Generator<Example> {
  const four = ['sd1', 'sd2', 'sdxl', 'sdxl-refiner'];
  for (const [name, families] of [
    ['4 channels', four],
    ['16 channels', ['flux1', 'sd3']],
  ] as const) {
    const whole = klShapes(name);
    yield make(`VAE, ${name}`, whole, { kind: 'vae', recognisedBy: 'kl-vae', families });
    yield make(`VAE, ${name}, decoder only`, without(/^(?:encoder|quant_conv)\./, whole), {
      kind: 'vae',
      recognisedBy: 'kl-vae',
      families,
      variant: 'decoder',
    });
    yield make(`VAE, ${name}, as a checkpoint has it`, below('first_stage_model.', whole), {
      kind: 'vae',
      recognisedBy: 'kl-vae-prefixed',
      families,
    });
    yield make(`VAE, ${name}, diffusers`, diffusersKlShapes(name), {
      kind: 'vae',
      recognisedBy: 'kl-vae-diffusers',
      families,
    });
  }
  yield make('VAE, encoder only', only(/^(?:encoder|quant_conv)\./, klShapes('4 channels')), {
    kind: 'vae',
    recognisedBy: 'kl-vae',
    variant: 'encoder',
  });
  yield make(
    'VAE of Wan',
    {
      'decoder.conv1.weight': [384, 16, 3, 3, 3],
      'decoder.middle.0.residual.0.gamma': [384, 1, 1, 1],
      'encoder.conv1.weight': [96, 3, 3, 3, 3],
    },
    { kind: 'vae', recognisedBy: 'video-vae', variant: 'wan' },
  );
  yield make(
    'VAE of Stable Cascade (stage A)',
    {
      'vquantizer.codebook.weight': [8192, 4],
      'in_block.1.weight': [192, 12, 1, 1],
      'out_block.0.weight': [12, 192, 1, 1],
    },
    { kind: 'vae', recognisedBy: 'vq-vae' },
  );
  yield make(
    'VAE of Sana',
    {
      'encoder.stages.0.op_list.0.main.conv1.conv.weight': [128, 128, 3, 3],
      'decoder.stages.0.op_list.0.main.conv1.conv.weight': [128, 128, 3, 3],
    },
    { kind: 'vae', recognisedBy: 'dc-ae' },
  );
  const tiny = unfold(recordedLists['taesd 4 channels, diffusers']!);
  yield make('TAESD', tiny, { kind: 'taesd', recognisedBy: 'taesd', families: four });
  yield make(
    'TAESD for SDXL',
    tiny,
    { kind: 'taesd', recognisedBy: 'taesd', families: ['sdxl', 'sdxl-refiner'] },
    { fileName: 'taesdxl.safetensors' },
  );
  const decoder = Object.fromEntries(
    Object.entries(only(/^decoder\./, tiny)).map(([key, shape]) => [
      key.replace(/^decoder\.layers\.(\d+)/, (_, layer: string) => String(Number(layer) + 1)),
      shape,
    ]),
  );
  yield make(
    'TAESD, decoder of its author',
    decoder,
    { kind: 'taesd', recognisedBy: 'taesd', families: ['sd1', 'sd2'] },
    { fileName: 'taesd_decoder.pth' },
  );
}
