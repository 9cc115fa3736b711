// Starts the page: finds out who this tab acts as, shows them the workspace, keeps it up to date.

import { get } from "./api.js";
import { h } from "./dom.js";
import { recallPerson, rememberPerson } from "./memory.js";
import { followHash } from "./route.js";
import { Session } from "./session.js";
import { buildShell } from "./shell.js";
import { openSocket } from "./socket.js";
import { applyTheme } from "./theme.js";
import { attempt } from "./toast.js";

const RETRY_MS = 2000;

let running = new AbortController();

/** Shows the workspace as `user` sees it, in place of whoever it was before. */
async function become(user) {
  const session = new Session(await boot(user));
  running.abort();
  running = new AbortController();
  const { signal } = running;
  rememberPerson(session.me.id);
  document.getElementById("app").replaceChildren(buildShell(session, signal));
  session.addEventListener("become", ({ detail }) => attempt(become(detail)), { signal });
  followHash(session, signal);
  connect(session, signal);
}

/** A person remembered from another workspace is unknown here: the server then names one. */
async function boot(user) {
  const anybody = () => get("/client/boot", {});
  return user ? get("/client/boot", { user }).catch(anybody) : anybody();
}

function connect(session, signal) {
  const setLost = (lost) => {
    session.lost = lost;
    session.tell("connection");
  };
  const onOpen = async () => {
    if (session.lost) await refresh(session);
    setLost(false);
    session.goOnline();
    attempt(session.reload());
  };
  openSocket(
    session.me.id,
    { onEvent: (event) => session.receive(event), onOpen, onLost: () => setLost(true) },
    signal,
  );
}

/** While the connection was lost the bot may have come or gone, and channels too. */
async function refresh(session) {
  const fresh = await attempt(boot(session.me.id));
  if (!fresh) return;
  session.connected = fresh.connected;
  session.channels = new Map(fresh.channels.map((channel) => [channel.id, channel]));
  session.statuses.clear();
  session.tell("status");
}

async function start() {
  applyTheme();
  try {
    await become(recallPerson());
  } catch (error) {
    document
      .getElementById("app")
      .replaceChildren(h("p", { class: "nothing" }, `${error.message} Trying again…`));
    setTimeout(start, RETRY_MS);
  }
}

start();
