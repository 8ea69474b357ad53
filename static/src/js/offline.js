// Without a connection nothing is sent in silence and nothing is lost: the form says so, and says when it can be sent.
import { make, words } from "./page.js";

export function startOffline() {
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (navigator.onLine || form.method !== "post") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      tell(form, false);
    },
    true,
  );
  window.addEventListener("online", () => document.querySelectorAll(".offline-note").forEach((note) => tell(note.closest("form"), true)));
  window.addEventListener("offline", () => document.querySelectorAll(".offline-note").forEach((note) => tell(note.closest("form"), false)));
}

function tell(form, isBack) {
  let note = form.querySelector(".offline-note");
  if (!note) {
    note = make("p", { class: "offline-note callout", role: "alert" });
    const place = form.querySelector(".form-actions");
    if (place) place.before(note);
    else form.append(note);
  }
  note.classList.toggle("warn", !isBack);
  note.textContent = words(isBack ? "canSendNow" : form.dataset.draft ? "notSentOffline" : "notDoneOffline");
}
