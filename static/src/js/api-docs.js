// The page of the API (/api/v1/docs/): Swagger UI over our own description, with the session of whoever looks.
const page = document.getElementById("api-docs");
const csrf = document.querySelector("meta[name=csrf-token]").content;

// Its dark look hangs on a class, and ours on the theme that was chosen, else on the system's.
const system = window.matchMedia("(prefers-color-scheme: dark)");
const dress = () => {
  const { theme } = document.documentElement.dataset;
  document.documentElement.classList.toggle("dark-mode", theme === "dark" || (theme !== "light" && system.matches));
};
dress();
system.addEventListener("change", dress);
new MutationObserver(dress).observe(document.documentElement, { attributeFilter: ["data-theme"] });

// For readers of screens and for keyboards: names of its selects, no nameless landmarks, focus for samples that scroll.
new MutationObserver(() => {
  for (const select of page.querySelectorAll("select:not([aria-label])")) {
    const parameter = select.closest("[data-param-name]")?.dataset.paramName;
    select.setAttribute("aria-label", parameter ?? (select.matches(".examples-select-element") ? page.dataset.example : page.dataset.format));
  }
  for (const table of page.querySelectorAll("[role=region]")) table.removeAttribute("role");
  for (const sample of page.querySelectorAll(".microlight:not([tabindex])")) sample.tabIndex = 0;
}).observe(page, { childList: true, subtree: true });

// Its own layout brings a second <main> and skips a level of headings; the page has these already.
const layout = ({ React: { createElement: put } }) => ({
  // A link within a button is reached by no keyboard.
  wrapComponents: { DeepLink: () => ({ text }) => put("span", {}, text) },
  components: {
    TierdeskLayout({ getComponent, specSelectors }) {
      const part = (name) => put(getComponent(name, name !== "SvgAssets"));
      const state = specSelectors.loadingStatus();
      const isThere = state !== "loading" && specSelectors.specStr();
      return put(
        "div",
        { className: "swagger-ui" },
        part("SvgAssets"),
        part("errors"),
        state === "loading" && put("div", { className: "loading-container" }, put("div", { className: "loading" })),
        isThere && put("div", { className: "scheme-container" }, put("div", { className: "wrapper" }, part("AuthorizeBtnContainer"))),
        isThere && part("FilterContainer"),
        isThere && put("h2", { className: "vh" }, page.dataset.operations),
        isThere && put("div", { id: "operations", className: "wrapper" }, part("operations")),
        isThere && put("div", { className: "wrapper" }, part("Models")),
      );
    },
  },
});

window.SwaggerUIBundle({
  url: page.dataset.schema,
  domNode: page,
  presets: [window.SwaggerUIBundle.presets.apis],
  plugins: [layout],
  layout: "TierdeskLayout",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  syntaxHighlight: { theme: "obsidian" },
  validatorUrl: null,
  // Without a token the session of the pages speaks, and that needs the CSRF token to write.
  requestInterceptor: (request) => {
    if (request.method && request.method !== "GET") request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
