// The line of one page to the live process. It mends itself; whoever uses it is told when it is up, and what it says.
const FIRST = 400;
const LONGEST = 30_000;
const SILENT = 70_000; // the live process says something three times as often
const LOOKS = 10_000;
const TOLD_AFTER = 5_000; // a restart takes less: nobody need hear of it
const LOGGED_OUT = 4401;
const TOO_MANY = 4409;

/** `scopes()` says what to hear of, `take(message, isAgain)` gets what comes; `tell(state)` that it is lost or back. */
export function openLine(address, { scopes, take, tell }) {
  let socket = null;
  let tries = 0;
  let timer = 0;
  let heard = 0;
  let lostAt = 0;
  let isBack = false;
  let asked = "";
  let stopped = "";

  const isOpen = () => socket?.readyState === WebSocket.OPEN;
  const send = (message) => isOpen() && socket.send(JSON.stringify(message));

  /** Say what this page wants to hear of, where that has changed. */
  const ask = () => {
    const wanted = scopes();
    if (!isOpen() || !heard || String(wanted) === asked) return;
    asked = String(wanted);
    send({ see: wanted });
  };

  const open = () => {
    clearTimeout(timer);
    timer = 0;
    if (stopped || socket) return;
    const mine = (socket = new WebSocket(urlOf(address)));
    mine.onmessage = ({ data }) => {
      heard = Date.now();
      const message = JSON.parse(data);
      if (message.ready) ask();
      else if (message.seen) up(message);
      else take(message, false);
    };
    mine.onclose = ({ code }) => socket === mine && down(code);
  };

  const up = (message) => {
    const again = isBack;
    tries = 0;
    isBack = false;
    if (lostAt) tell("back");
    lostAt = 0;
    take(message, again);
  };

  const down = (code) => {
    socket = null;
    asked = "";
    if (code === LOGGED_OUT) stopped = "loggedOut";
    if (code === TOO_MANY) stopped = "tooMany";
    if (stopped === "loggedOut") return tell(stopped);
    // Where there never was a line, pages ask by themselves and nobody need know.
    if (heard) isBack = true;
    if (heard && !lostAt) {
      lostAt = Date.now();
      setTimeout(() => lostAt && Date.now() - lostAt >= TOLD_AFTER && tell("lost"), TOLD_AFTER + 50);
    }
    if (document.hidden || stopped) return;
    timer = setTimeout(open, Math.min(LONGEST, FIRST * 2 ** tries) * (0.5 + Math.random()));
    tries += 1;
  };

  const hangUp = () => {
    const old = socket;
    if (!old) return;
    old.onclose = null;
    old.close();
    down(0);
  };

  const tryNow = () => {
    if (stopped === "tooMany") stopped = "";
    tries = 0;
    if (!socket) open();
  };

  document.addEventListener("visibilitychange", () => document.hidden || tryNow());
  addEventListener("online", tryNow);
  addEventListener("offline", hangUp);
  // Kept by the browser for "back", a page is without a line until it is shown again.
  addEventListener("pagehide", hangUp);
  addEventListener("pageshow", ({ persisted }) => persisted && tryNow());
  setInterval(() => heard && isOpen() && Date.now() - heard > SILENT && hangUp(), LOOKS);
  open();
  return { ask, send, tryNow };
}

// A port of this host, a path of it, or a whole address.
function urlOf(address) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  if (address.startsWith(":")) return `${scheme}//${location.hostname}${address}/live/`;
  return address.startsWith("/") ? `${scheme}//${location.host}${address}` : address;
}
