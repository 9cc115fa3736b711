// Turns typed names ("@Lorebot") into Slack's mentions ("<@U1>"), and back for editing.

import { nameOf } from "./people.js";

/** The names that may follow an "@", longest first so that "Ann" never cuts "Ann Lee" short. */
export function mentionNames(session) {
  const names = [...session.users.values()].flatMap((user) => [
    { name: nameOf(user), id: user.id },
    { name: user.name, id: user.id },
  ]);
  const all = [{ name: session.app.name, id: session.app.user }, ...names];
  return all.filter(({ name }) => name).sort((a, b) => b.name.length - a.name.length);
}

/** Matches a mention at the start of a word; group 1 is the name. */
export function mentionPattern(names) {
  const escaped = names.map(({ name }) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(?<![\\p{L}\\p{N}_@.])@(${escaped.join("|")})(?![\\p{L}\\p{N}_])`, "giu");
}

export function encodeText(session, typed) {
  const names = mentionNames(session);
  const ids = new Map(names.map(({ name, id }) => [name.toLowerCase(), id]).reverse());
  return typed.replace(mentionPattern(names), (_, name) => `<@${ids.get(name.toLowerCase())}>`);
}

export function decodeText(session, text) {
  return text.replace(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g, (whole, id) => {
    const user = session.users.get(id);
    return user ? `@${nameOf(user)}` : whole;
  });
}
