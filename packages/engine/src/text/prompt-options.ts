/**
 * What weights in brackets do to the encoding of their words. `None` takes brackets as literal text, `Ignore` takes them away without
 * effect, `Original` multiplies and then restores the mean, `No norm` multiplies only.
 */
export type EmphasisMode = 'None' | 'Ignore' | 'Original' | 'No norm';

/** How prompts are read and encoded. Each is A1111's setting of the same name in snake case, with A1111's default. */
export interface PromptOptions {
  readonly emphasis: EmphasisMode;
  /** How many tokens after its last comma a full chunk may pass on to the next one; 0 never. */
  readonly commaPaddingBacktrack: number;
  /** Numbers below 1 in schedules are fractions, dot or not, and the second pass follows the first one's schedule. */
  readonly useOldScheduling: boolean;
  /** How many of the text encoder's last layers to leave out, plus one (`CLIP_stop_at_last_layers`); 1 is all layers. */
  readonly clipSkip: number;
  /** Lets CLIP skip choose the layer of SDXL's first text encoder, too. */
  readonly sdxlClipLSkip: boolean;
  /** SDXL is told that the picture was cut out of a larger one at this place, in pixels from the top. */
  readonly sdxlCropTop: number;
  /** The same from the left. */
  readonly sdxlCropLeft: number;
  /** How beautiful the refiner is told that pictures of the prompt are, 1 to 10. */
  readonly sdxlRefinerHighAestheticScore: number;
  /** The same of the negative prompt. */
  readonly sdxlRefinerLowAestheticScore: number;
  /** Takes `# comments` out of prompts (`enable_prompt_comments`). */
  readonly stripComments: boolean;
}

/** A1111's defaults. */
export const promptDefaults: PromptOptions = {
  emphasis: 'Original',
  commaPaddingBacktrack: 20,
  useOldScheduling: false,
  clipSkip: 1,
  sdxlClipLSkip: false,
  sdxlCropTop: 0,
  sdxlCropLeft: 0,
  sdxlRefinerHighAestheticScore: 6,
  sdxlRefinerLowAestheticScore: 2.5,
  stripComments: true,
};
