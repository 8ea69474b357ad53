// Files by choosing, dropping or pasting, each with its own progress, error and way back.
import { all, csrfToken, make, on, onContent, words } from "./page.js";
import { insertText } from "./forms.js";

export function startUploads() {
  on("click", "[data-file-remove]", (_, button) => {
    const form = button.form;
    button.closest(".file").remove();
    form?.dispatchEvent(new Event("change"));
  });
  onContent((root) => all(root, "[data-upload-url]").forEach(watch));
}

/** The files that a form has already sent, for its draft. */
export function keptFiles(form) {
  return [...form.querySelectorAll("[data-upload-url] input[name=attachments]")].map(({ value, dataset }) => ({ id: value, name: dataset.name ?? "", size: Number(dataset.size) }));
}

/** Puts a draft's files back, instead of those that are shown. */
export function showFiles(form, files) {
  const drop = form.querySelector("[data-upload-url]");
  if (!drop) return;
  drop.querySelectorAll(".file").forEach((item) => item.remove());
  for (const file of files) fileRow(drop, file).done(file);
}

function watch(drop) {
  const input = drop.querySelector("input[type=file]");
  const area = drop.dataset.uploadFor && document.getElementById(drop.dataset.uploadFor);
  const zone = drop.closest("form") ?? drop;
  // With JavaScript a file travels on its own; the form then sends only its id.
  input.removeAttribute("name");
  input.addEventListener("change", () => {
    add(drop, input.files);
    input.value = "";
  });
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const lit = (change) => {
    depth = Math.max(0, depth + change);
    drop.classList.toggle("dragging", depth > 0);
  };
  zone.addEventListener("dragenter", (event) => carriesFiles(event) && lit(1));
  zone.addEventListener("dragleave", (event) => carriesFiles(event) && lit(-1));
  zone.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  zone.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    lit(0);
    add(drop, event.dataTransfer.files);
  });
  area?.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    add(drop, files, area);
  });
}

/** Sends files; an image pasted into a text area also becomes an image in its Markdown. */
function add(drop, files, area = null) {
  for (const file of files) {
    const row = fileRow(drop, file);
    const limit = Number(drop.dataset.maxBytes);
    if (limit && file.size > limit) row.fail(words("tooBig", { limit: bytes(limit) }));
    else send(drop, file, row, area);
  }
}

function send(drop, file, row, area) {
  const request = new XMLHttpRequest();
  const data = new FormData();
  data.append("file", file, file.name || "screenshot.png");
  request.open("POST", drop.dataset.uploadUrl);
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  row.onRemove(() => request.abort());
  request.upload.addEventListener("progress", (event) => row.progress(event.loaded / (event.total || file.size || 1)));
  request.addEventListener("load", () => {
    const answer = request.response;
    if (request.status >= 400 || !answer?.id) return row.fail(answer?.error ?? words(request.status === 413 ? "tooBigPlain" : "uploadFailed"));
    row.done(answer);
    if (area && file.type.startsWith("image/")) insertText(area, `![${answer.name.replace(/[[\]]/g, "")}](${answer.url})\n`);
  });
  request.addEventListener("error", () => row.fail(words("offline")));
  hold(drop, 1);
  request.addEventListener("loadend", () => hold(drop, -1));
  request.send(data);
}

function fileRow(drop, file) {
  const list = drop.querySelector(".files") ?? drop.appendChild(make("ul", { class: "files" }));
  const bar = make("progress", { max: "100", value: "0", "aria-label": words("uploading", { name: file.name }) });
  const remove = make("button", { type: "button", class: "btn quiet small icon", "data-file-remove": true, "aria-label": words("remove", { name: file.name }) }, "×");
  const icon = drop.querySelector("template[data-file-icon]")?.content.cloneNode(true) ?? "";
  const name = make("span", { class: "truncate" }, file.name || "screenshot.png");
  const item = make("li", { class: "file" }, make("span", { "aria-hidden": "true" }, icon), name, make("small", { class: "num" }, bytes(file.size)), remove, bar);
  list.append(item);
  return {
    onRemove: (act) => remove.addEventListener("click", act),
    progress: (share) => (bar.value = Math.round(share * 100)),
    fail: (message) => {
      bar.remove();
      item.classList.add("failed");
      item.append(make("span", { class: "error", role: "alert" }, message));
    },
    done: ({ id }) => {
      bar.remove();
      item.append(make("input", { type: "hidden", name: "attachments", value: id, "data-name": file.name, "data-size": file.size }));
      drop.dispatchEvent(new Event("change", { bubbles: true }));
    },
  };
}

// A form with a file on its way waits for it instead of sending the text alone.
function hold(drop, change) {
  const form = drop.closest("form");
  if (!form) return;
  const count = (form.uploadsUnderway = (form.uploadsUnderway ?? 0) + change);
  for (const button of form.querySelectorAll("[type=submit]")) button.disabled = count > 0;
}

function bytes(size) {
  // In steps of 1,024, as the server counts.
  const unit = size < 2 ** 20 ? "kilobyte" : "megabyte";
  const value = size < 2 ** 20 ? Math.max(1, Math.round(size / 2 ** 10)) : size / 2 ** 20;
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
