// Slack timestamps ("1700000000.000100") as words: clock times, days, and how long ago.

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const fullDay = new Intl.DateTimeFormat("en", { weekday: "long", month: "long", day: "numeric" });
const fullDate = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "medium" });
const shortDay = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const distance = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const DAY_MS = 86_400_000;

export function dateOf(ts) {
  return new Date(Number(ts) * 1000);
}

export function clockTime(ts) {
  return clock.format(dateOf(ts));
}

/** The clock time without AM or PM, for the narrow gutter. */
export function gutterTime(ts) {
  const parts = clock.formatToParts(dateOf(ts)).filter(({ type }) => type !== "dayPeriod");
  return parts
    .map(({ value }) => value)
    .join("")
    .trim();
}

export function fullTime(ts) {
  return fullDate.format(dateOf(ts));
}

export function dayKey(ts) {
  return dateOf(ts).toDateString();
}

export function dayName(ts) {
  const days = daysAgo(ts);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return fullDay.format(dateOf(ts));
}

export function briefDay(ts) {
  return daysAgo(ts) === 0 ? clockTime(ts) : shortDay.format(dateOf(ts));
}

export function timeAgo(ts) {
  const minutes = Math.round((Date.now() - dateOf(ts)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return distance.format(-minutes, "minute");
  if (daysAgo(ts) === 0) return `today at ${clockTime(ts)}`;
  return distance.format(-daysAgo(ts), "day");
}

function daysAgo(ts) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(new Date()) - midnight(dateOf(ts))) / DAY_MS);
}
