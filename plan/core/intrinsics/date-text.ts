/** Placeholder for local time */
export function dateText(date: Date, _timeZone: string): string {
  return date.toUTCString();
}
