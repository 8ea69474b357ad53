// Articles beside a ticket: into the text with one key, and a word of warning where the requester has read one already.
import { insertText } from "./forms.js";
import { all, make, on, onContent, words } from "./page.js";
import { toast } from "./toasts.js";

export function startArticles() {
  // What was put in is done: the same key takes the next one.
  on("click", "[data-article-link]", (_, button) => done(button));
  on("click", "[data-article-text]", async (_, button) => {
    done(button);
    const response = await fetch(button.dataset.articleText).catch(() => null);
    if (response?.ok && !response.redirected) return insertText(document.getElementById("id_body"), await response.text());
    button.disabled = false;
    toast(response ? words("serverError", { status: response.status }) : words("offline"), "bad");
  });
  on("input", "#id_body", warn);
  onContent((root) => all(root, "[data-article-address]").length && warn());
}

/** Both ways of one article are done with one of them; the focus is in the text by now. */
function done(button) {
  for (const each of button.parentElement.querySelectorAll("button")) each.disabled = true;
}

/** Says of each article that was read before and stands in the text now that it was read. */
function warn() {
  const place = document.querySelector("[data-article-warnings]");
  const text = document.getElementById("id_body")?.value ?? "";
  if (!place) return;
  const found = [...document.querySelectorAll("[data-article-address]")].filter(({ dataset }) => text.includes(dataset.articleAddress)).map(({ dataset }) => dataset.articleWarning);
  const told = found.join("\n");
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  place.replaceChildren(...found.map((sentence) => make("p", { class: "callout warn" }, sentence)));
}
