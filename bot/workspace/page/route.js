// The address of what is on show, kept in the hash: #C1, #C1/<thread ts>, #D1/home, #D1/about.

const TABS = ["home", "about"];

export function followHash(session, signal) {
  takePermalink();
  const follow = () => {
    session.route = parse(session, decodeURIComponent(location.hash.slice(1)));
    session.tell("route", session.route);
  };
  window.addEventListener("hashchange", follow, { signal });
  follow();
}

export function go({ channel, thread = null, tab = "messages" }) {
  const rest = thread ?? (TABS.includes(tab) ? tab : null);
  const hash = rest ? `#${channel}/${rest}` : `#${channel}`;
  if (location.hash !== hash) location.hash = hash;
}

/** A message's permalink brings the reader here with ?channel=…&message=…[&thread=…]. */
function takePermalink() {
  const wanted = new URLSearchParams(location.search);
  const [channel, thread] = [wanted.get("channel"), wanted.get("thread") ?? wanted.get("message")];
  if (channel) history.replaceState(null, "", `/#${channel}${thread ? `/${thread}` : ""}`);
}

/** Who follows a link to another person's conversation ends up in the same kind of place. */
function parse(session, hash) {
  const [id, rest] = hash.split("/");
  if (!session.channels.has(id))
    return { channel: fallback(session, id), thread: null, tab: "messages" };
  if (TABS.includes(rest)) return { channel: id, thread: null, tab: rest };
  return { channel: id, thread: rest ?? null, tab: "messages" };
}

function fallback(session, id) {
  if (id.startsWith("D") && session.appChannel) return session.appChannel.id;
  const channels = [...session.channels.values()].filter((channel) => !channel.is_im);
  return (channels[0] ?? session.appChannel)?.id ?? null;
}
