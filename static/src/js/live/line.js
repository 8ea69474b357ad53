// A small line that says when a page hears of nothing any more, and since when. It moves nothing, and goes by itself.
import { make, moment, words } from "../page.js";

const STAYS = 4_000;
let shown = null;
let timer = 0;

export function tellOfLine(state, tryNow) {
  clearTimeout(timer);
  if (state === "back") {
    if (!shown) return;
    say(words("liveBack"));
    timer = setTimeout(hide, STAYS);
    return;
  }
  if (state === "loggedOut") {
    const here = encodeURIComponent(location.pathname + location.search);
    return say(words("liveLoggedOut"), make("a", { class: "btn small", href: `/accounts/login/?next=${here}` }, words("logIn")));
  }
  const button = make("button", { type: "button", class: "btn small" }, words("tryNow"));
  button.addEventListener("click", tryNow);
  const time = moment(new Date(), { timeStyle: "short" });
  say(words("liveLost", { time }), button);
}

function say(text, ...more) {
  shown ??= document.body.appendChild(make("div", { class: "live-line", role: "status" }));
  shown.replaceChildren(make("span", {}, text), ...more);
}

function hide() {
  shown?.remove();
  shown = null;
}
