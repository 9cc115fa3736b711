// Keeps one websocket to the workspace server open, and opens it again when it falls.

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8000;

/** Calls `onEvent(event)`, `onOpen()` and `onLost()` until `signal` aborts. */
export function openSocket(user, { onEvent, onOpen, onLost }, signal) {
  let wait = FIRST_WAIT_MS;
  let timer = null;
  let socket = null;

  function connect() {
    socket = new WebSocket(address(user));
    socket.addEventListener("open", () => {
      wait = FIRST_WAIT_MS;
      onOpen();
    });
    socket.addEventListener("message", ({ data }) => !signal.aborted && onEvent(JSON.parse(data)));
    socket.addEventListener("close", again);
  }

  function again() {
    if (signal.aborted) return;
    onLost();
    timer = setTimeout(connect, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    socket?.close();
  });
  connect();
}

function address(user) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/client/events?${new URLSearchParams({ user })}`;
}
