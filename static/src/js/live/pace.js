// Does things soon, and not too often: quickly where little happens, every few seconds where much does.
const QUICK = 10; // so many a minute

/** A function that runs `work` (with its last argument) `wait` ms later, at least `gap` ms apart; on a busy day `busyGap`. */
export function paced(work, { wait = 250, gap = 1_500, busyGap = 10_000 } = {}) {
  let timer = 0;
  let last = null;
  let runs = [];
  let underway = false;
  const run = async () => {
    timer = 0;
    if (underway) return later();
    const now = Date.now();
    runs = [...runs.filter((at) => now - at < 60_000), now];
    underway = true;
    try {
      await work(last);
    } catch {
      // What a page asks for by itself may fail in silence: it asks again when it is told of more.
    } finally {
      underway = false;
    }
  };
  const later = () => {
    const since = Date.now() - (runs.at(-1) ?? 0);
    const least = runs.length < QUICK ? gap : busyGap;
    timer ||= setTimeout(run, Math.max(wait, least - since));
  };
  return (given) => {
    last = given;
    later();
  };
}

const underway = new Map();
const LONG = 8_000;

/** While somebody's own act is under way the page waits for its answer, which brings the news along. */
export async function afterActs() {
  const isUnderway = () => [...underway.values()].some((since) => Date.now() - since < LONG);
  for (let times = 0; isUnderway() && times < 20; times += 1) await new Promise((go) => setTimeout(go, 200));
}

export function watchActs() {
  document.body.addEventListener("htmx:beforeSend", ({ detail }) => {
    if (detail.requestConfig?.verb !== "get") underway.set(detail.xhr, Date.now());
  });
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => underway.delete(detail.xhr));
}
