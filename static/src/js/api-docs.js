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

window.SwaggerUIBundle({
  url: page.dataset.schema,
  domNode: page,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null,
  // Without a token the session of the pages speaks, and that needs the CSRF token to write.
  requestInterceptor: (request) => {
    if (request.method && request.method !== "GET") request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
