/** How much of a schedule a run from a picture goes through. */
export interface Img2imgSteps {
  /** Steps that the schedule is made for. */
  readonly scheduleSteps: number;
  /** How many of them, less one, are run: A1111's t_enc. */
  readonly encodeSteps: number;
}

/**
 * The steps of img2img: the share `strength` of those asked for, or, with `isFixed`, as many as asked for out of a longer
 * schedule. At strength 0 nothing can be fixed.
 * @param strength 0 to 1; A1111 goes up to 0.999 only.
 */
export function img2imgSteps(steps: number, strength: number, isFixed: boolean): Img2imgSteps {
  const share = Math.min(strength, 0.999);
  if (isFixed && share > 0) return { scheduleSteps: Math.floor(steps / share), encodeSteps: steps - 1 };
  return { scheduleSteps: steps, encodeSteps: Math.floor(share * steps) };
}
