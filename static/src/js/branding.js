// The preview of a look: follows the colour, the name and the logo while they are chosen, before anything is saved.
const sheet = document.querySelector("[data-brand-sheet]");

document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-colour]") && /^#[0-9a-f]{6}$/i.test(target.value.trim())) {
    sheet.href = `/brand/preview.css?colour=${encodeURIComponent(target.value.trim())}`;
  }
  if (target.name === "name" && target.value) document.querySelectorAll("[data-brand-name]").forEach((name) => (name.textContent = target.value));
});

document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-logo]") || !target.files.length) return;
  const address = URL.createObjectURL(target.files[0]);
  for (const image of document.querySelectorAll("[data-brand-logo]")) {
    image.removeAttribute("width");
    image.removeAttribute("height");
    image.hidden = false;
    image.src = address;
  }
});
