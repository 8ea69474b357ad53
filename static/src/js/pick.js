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
    // Otherwise its list opens 300 ms after the last letter: Enter would choose from the list of before, and whoever had
    // gone on to the next field by then would be pulled back.
    refreshThrottle: 0,
    hideSelected: select.multiple,
    searchField: ["text", "sub"],
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
  let answered = null;
  return {
    shouldLoad: (query) => query.length > 1,
    async load(query, done) {
      const found = await ask(url, query);
      if (this.inputValue() === query) {
        // What earlier words found is no answer to these; what is chosen and "nobody" stay.
        this.clearOptions((_, value) => !value || this.items.includes(value));
        answered = query;
        done(found);
      } else {
        // Whoever has chosen or typed on by now is not shown it.
        const { isOpen } = this;
        done([]);
        if (!isOpen) this.close();
      }
    },
    // The server has searched; filtering again here would drop what it found by other columns. Until it has answered,
    // only what fits can be chosen.
    score(query) {
      return query === answered ? () => 1 : this.getScoreFunction(query);
    },
  };
}

async function ask(url, query) {
  try {
    const address = new URL(url, location.href);
    address.searchParams.set("q", query);
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : [];
  } catch {
    return [];
  }
}

function row(option) {
  return make("div", {}, option.text, option.sub ? make("small", {}, option.sub) : null);
}
