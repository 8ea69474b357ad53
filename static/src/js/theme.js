// Light, dark or as the system says. The cookie lets the server draw the page right at once.
import { on } from "./page.js";

const YEAR = 31536000;

export function startTheme() {
  on("click", "[data-theme-set]", (_, button) => setTheme(button.dataset.themeSet));
  mark(document.documentElement.dataset.theme || "auto");
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  mark(theme);
}

function mark(theme) {
  for (const button of document.querySelectorAll("[data-theme-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === theme));
  }
}
