import { z } from 'zod';

/** A field of an answer that may be missing, null, or of another type than documented: then it is absent. */
export const optional = <T extends z.ZodType>(shape: T) =>
  shape
    .nullish()
    .transform((value) => value ?? undefined)
    .catch(undefined);

/** A list of which only the items of the documented shape count; empty where there is none. */
export const listOf = <T extends z.ZodType>(shape: T) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((items) =>
      items.flatMap((item): z.output<T>[] => {
        const result = shape.safeParse(item);
        return result.success ? [result.data] : [];
      }),
    );

/** A shape of which only the result matters. */
export type Shape<T> = z.ZodType<T>;

/** A value in a shape; undefined when it is not of that shape. */
export const understand = <T>(shape: Shape<T>, value: unknown): T | undefined => shape.safeParse(value).data;
