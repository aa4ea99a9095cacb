import { controlExamples } from './controls.ts';
import { embeddingExamples, stateExamples } from './embeddings.ts';
import { encoderExamples } from './encoders.ts';
import type { Example } from './example.ts';
import { pictureExamples } from './picture-networks.ts';
import { vaeExamples } from './vaes.ts';

/** Files of every kind that is neither a checkpoint nor a LoRA. */
export function* otherExamples(): Generator<Example> {
  yield* vaeExamples();
  yield* embeddingExamples();
  yield* stateExamples();
  yield* controlExamples();
  yield* encoderExamples();
  yield* pictureExamples();
}
