const UTC_NAMES: ReadonlySet<string> = new Set(["UTC", "Etc/UTC", "GMT"]);

function formatter(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    era: "short",
  });
}

/** Milliseconds that local time is ahead of UTC at an instant. */
export function offsetAt(time: number, timeZone: string): number {
  if (UTC_NAMES.has(timeZone) || Number.isNaN(time)) {
    return 0;
  }
  const fields: Record<string, string> = {};
  for (const { type, value } of formatter(timeZone).formatToParts(time)) {
    fields[type] = value;
  }
  const year = fields.era === "BC" ? 1 - Number(fields.year) : Number(fields.year);
  const local = new Date(0);
  local.setUTCFullYear(year, Number(fields.month) - 1, Number(fields.day));
  local.setUTCHours(Number(fields.hour), Number(fields.minute), Number(fields.second));
  return local.getTime() - Math.floor(time / 1000) * 1000;
}

/** A date whose UTC fields are the local fields of `date`. */
export function localFields(date: Date, timeZone: string): Date {
  const time = date.getTime();
  return new Date(time + offsetAt(time, timeZone));
}

const DAY = 86_400_000;

/** The instant at which local clocks show `local` (a time whose UTC fields they are); the earlier one where there are two. */
export function fromLocal(local: number, timeZone: string): number {
  if (UTC_NAMES.has(timeZone) || Number.isNaN(local)) {
    return local;
  }
  const before = offsetAt(local - DAY, timeZone);
  const after = offsetAt(local + DAY, timeZone);
  if (offsetAt(local - before, timeZone) === before) {
    return local - before;
  }
  return offsetAt(local - after, timeZone) === after ? local - after : local - before;
}

function pad(number: number, width = 2): string {
  return String(number).padStart(width, "0");
}

function zoneName(date: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "long" }).formatToParts(date);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? timeZone;
}

/** The first half of Date.prototype.toString. */
export function dateDayText(date: Date, timeZone: string): string {
  if (Number.isNaN(date.getTime())) {
    return "Invalid Date";
  }
  const [weekday, day, month] = localFields(date, timeZone).toUTCString().split(/,? /);
  const year = localFields(date, timeZone).getUTCFullYear();
  return `${weekday} ${month} ${day} ${year < 0 ? `-${pad(-year, 6)}` : pad(year, 4)}`;
}

/** The second half of Date.prototype.toString. */
export function dateTimeText(date: Date, timeZone: string): string {
  if (Number.isNaN(date.getTime())) {
    return "Invalid Date";
  }
  const local = localFields(date, timeZone);
  const minutes = Math.trunc(offsetAt(date.getTime(), timeZone) / 60_000);
  const sign = minutes < 0 ? "-" : "+";
  const zone = `${sign}${pad(Math.trunc(Math.abs(minutes) / 60))}${pad(Math.abs(minutes) % 60)}`;
  const clock = `${pad(local.getUTCHours())}:${pad(local.getUTCMinutes())}:${pad(local.getUTCSeconds())}`;
  return `${clock} GMT${zone} (${zoneName(date, timeZone)})`;
}

/** Date.prototype.toString in a zone. */
export function dateText(date: Date, timeZone: string): string {
  return Number.isNaN(date.getTime())
    ? "Invalid Date"
    : `${dateDayText(date, timeZone)} ${dateTimeText(date, timeZone)}`;
}

const EXPLICIT_ZONE = /(?:Z|GMT|UTC?|[ECMP][SD]T)\b|\d[+-]\d\d:?\d\d\b|[+-]\d{4}\b/i;
const DATE_ONLY = /^[+-]?\d{4,6}(?:-\d\d){0,2}$/;

/** Date.parse: a text without a zone of its own is local. */
export function parseDate(text: string, timeZone: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time) || DATE_ONLY.test(text) || EXPLICIT_ZONE.test(text)) {
    return time;
  }
  // the engine took it for the machine's local time: the fields it read are what stands in the text
  const read = new Date(time);
  const fields = new Date(0);
  fields.setUTCFullYear(read.getFullYear(), read.getMonth(), read.getDate());
  fields.setUTCHours(read.getHours(), read.getMinutes(), read.getSeconds(), read.getMilliseconds());
  return fromLocal(fields.getTime(), timeZone);
}
