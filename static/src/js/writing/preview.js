// How the text will look, on demand, from the server that will show it.
import { csrfToken, make, words } from "../page.js";
import { toast } from "../toasts.js";

export function startPreview(area, tools) {
  const button = tools.querySelector("[data-preview]");
  if (!button) return;
  let shown = null;
  const hide = () => {
    shown?.remove();
    shown = null;
    button.setAttribute("aria-pressed", "false");
  };
  button.addEventListener("click", async () => {
    if (shown) return hide();
    button.setAttribute("aria-pressed", "true");
    shown = make("section", { class: "prose preview", role: "region", "aria-label": words("preview"), tabindex: "0", "aria-busy": "true" });
    area.closest(".field").after(shown);
    try {
      const body = new URLSearchParams({ text: area.value });
      const answer = await fetch(button.dataset.preview, { method: "POST", headers: { "X-CSRFToken": csrfToken() }, body });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      // The server has cleaned it, as everything that it shows.
      shown?.replaceChildren(document.createRange().createContextualFragment(await answer.text()));
      shown?.removeAttribute("aria-busy");
    } catch {
      hide();
      toast(words("offline"), "bad");
    }
  });
  area.form?.addEventListener("submit", hide);
}
