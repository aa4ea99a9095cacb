/** Parts of a moment as clocks and calendars of a time zone show them. */
interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** 0 for Sunday. */
  readonly weekday: number;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/**
 * Formats a moment by the codes of `strftime` that every system has, with English names.
 * @param timeZone an IANA name; the machine's own zone without one.
 * @returns undefined for a code or a time zone that does not exist.
 */
export function formatDate(date: Date, format: string, timeZone?: string): string | undefined {
  const time = localTime(date, timeZone);
  if (time === undefined) return undefined;
  let isKnown = true;
  const text = format.replace(/%(.)/gsu, (_, code: string) => {
    const print = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
    if (print === undefined) isKnown = false;
    return print?.(time) ?? '';
  });
  return isKnown ? text : undefined;
}

const pad = (value: number, length = 2): string => String(value).padStart(length, '0');
const hour12 = ({ hour }: LocalTime): number => hour % 12 || 12;
const dayOfYear = ({ year, month, day }: LocalTime): number =>
  (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 0)) / 86_400_000;
/** Week of the year, when weeks begin on the weekday `first`. */
const week = (time: LocalTime, first: number): number =>
  Math.floor((dayOfYear(time) + 6 - ((time.weekday - first + 7) % 7)) / 7);

const CODES: Readonly<Record<string, (time: LocalTime) => string>> = {
  '%': () => '%',
  Y: ({ year }) => pad(year, 4),
  y: ({ year }) => pad(year % 100),
  m: ({ month }) => pad(month),
  B: ({ month }) => MONTHS[month - 1]!,
  b: ({ month }) => MONTHS[month - 1]!.slice(0, 3),
  d: ({ day }) => pad(day),
  j: (time) => pad(dayOfYear(time), 3),
  U: (time) => pad(week(time, 0)),
  W: (time) => pad(week(time, 1)),
  A: ({ weekday }) => WEEKDAYS[weekday]!,
  a: ({ weekday }) => WEEKDAYS[weekday]!.slice(0, 3),
  w: ({ weekday }) => String(weekday),
  H: ({ hour }) => pad(hour),
  I: (time) => pad(hour12(time)),
  p: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  M: ({ minute }) => pad(minute),
  S: ({ second }) => pad(second),
  f: ({ millisecond }) => pad(millisecond * 1000, 6),
};

function localTime(date: Date, timeZone: string | undefined): LocalTime | undefined {
  let parts: Map<string, string>;
  try {
    const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      ...(timeZone !== undefined && { timeZone }),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    parts = new Map(format.formatToParts(date).map(({ type, value }) => [type, value]));
  } catch {
    return undefined;
  }
  const part = (name: string): number => Number(parts.get(name));
  const [year, month, day] = [part('year'), part('month'), part('day')];
  return {
    year,
    month,
    day,
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    millisecond: date.getUTCMilliseconds(),
    weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
  };
}
