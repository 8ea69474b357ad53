// htmx talks to the server: CSRF, refusals, an expired session, a lost connection.
import { csrfToken, htmx, words } from "./page.js";
import { toast } from "./toasts.js";

export function startServer() {
  window.htmx = htmx;
  const body = document.body;
  body.addEventListener("htmx:configRequest", ({ detail }) => {
    detail.headers["X-CSRFToken"] = csrfToken();
  });
  body.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = event.detail;
    if (xhr.responseURL && new URL(xhr.responseURL).pathname.startsWith("/accounts/login/")) {
      event.preventDefault();
      if (!isBackground(event.detail.elt)) toLogin();
    }
  });
  body.addEventListener("htmx:responseError", ({ detail }) => {
    if (isBackground(detail.elt)) return;
    if (detail.xhr.status === 401) toLogin();
    else toast(words(detail.xhr.status === 403 ? "refused" : "serverError", { status: detail.xhr.status }), "bad");
  });
  for (const event of ["htmx:sendError", "htmx:timeout"]) {
    body.addEventListener(event, ({ detail }) => isBackground(detail.elt) || toast(words("offline"), "bad"));
  }
}

// What the page asks for by itself may fail in silence: it asks again.
const isBackground = (element) => element.dataset.background !== undefined;

// What was typed is kept as a draft, so coming back to this page loses nothing.
function toLogin() {
  const here = location.pathname + location.search;
  location.assign(`/accounts/login/?next=${encodeURIComponent(here)}`);
}
