// Finding a person, a team or a category by typing. Without this a plain select remains.
import TomSelect from "tom-select/base";
import removeButton from "tom-select/dist/esm/plugins/remove_button/plugin.js";
import { make, words } from "./page.js";

TomSelect.define("remove_button", removeButton);

export function pick(select) {
  if (select.tomselect) return;
  const { url, create, placeholder } = select.dataset;
  const picker = new TomSelect(select, {
    plugins: select.multiple ? { remove_button: { title: words("removePlain") } } : {},
    create: create !== undefined,
    allowEmptyOption: !select.multiple && !placeholder,
    placeholder,
    maxOptions: 200,
    hideSelected: select.multiple,
    searchField: ["text", "sub"],
    preload: url && select.dataset.preload !== undefined ? "focus" : false,
    ...(url ? remote(url) : {}),
    render: { option: row, item: (option) => make("div", {}, option.text), no_results: () => make("div", { class: "no-results" }, words("noResults")) },
  });
  // It takes the classes of the select along; those of a request that is just on its way would never leave it again.
  picker.wrapper.classList.remove("htmx-request", "htmx-settling", "htmx-swapping");
  // The label now belongs to the text field; a reader should not meet the hidden select as well.
  select.setAttribute("aria-hidden", "true");
  picker.control_input.setAttribute("autocomplete", "off");
  // The browser has looked for autofocus before this came; the hidden select could not take it.
  if (select.autofocus && [document.body, select].includes(document.activeElement)) picker.focus();
}

function remote(url) {
  return {
    shouldLoad: (query) => query.length > 1,
    load: async (query, done) => {
      try {
        const address = new URL(url, location.href);
        address.searchParams.set("q", query);
        const answer = await fetch(address, { headers: { Accept: "application/json" } });
        done(answer.ok ? await answer.json() : []);
      } catch {
        done([]);
      }
    },
    // The server has searched; filtering again here would drop what it found by other columns.
    score: () => () => 1,
  };
}

function row(option) {
  return make("div", {}, option.text, option.sub ? make("small", {}, option.sub) : null);
}
