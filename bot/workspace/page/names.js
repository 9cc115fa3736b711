// The people and channels named in messages: they open on a click, and one's own name stands out.

import { person } from "./people.js";
import { openProfile } from "./profile.js";
import { go } from "./route.js";

export function markOwnName(session, root) {
  for (const name of root.querySelectorAll("[data-user]")) {
    name.classList.toggle("mention-me", name.dataset.user === session.me.id);
  }
}

export function openNamed(session, target) {
  const { user, channel } = target.dataset;
  if (user && session.users.has(user)) openProfile(session, person(session, user), target);
  if (channel && session.channels.has(channel)) go({ channel });
}
