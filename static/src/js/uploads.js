// Files by choosing, dropping, pasting or from the camera, each with its own progress, error and way back. Pictures are
// made smaller first; what is on its way outlives a reload and a lost connection.
import { filesOf, forgetFile, keepFile } from "./blobs.js";
import { insertText } from "./forms.js";
import { all, make, on, onContent, words } from "./page.js";
import { sendFile } from "./parts.js";
import { isPicture, smaller } from "./pictures.js";

const PERSON = document.documentElement.dataset.person ?? "";

export function startUploads() {
  // A discarded draft takes along what is on its way for it.
  on("submit", "#discard-draft", async (_, { elements }) => (await filesOf(`${PERSON}:${elements.place.value}`)).forEach(({ key }) => forgetFile(key)));
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
  // Not those that are on their way: they come back by themselves.
  drop.querySelectorAll(".file:not(.underway)").forEach((item) => item.remove());
  for (const file of files) fileRow(drop, file).done(file);
}

function watch(drop) {
  const [input, camera] = [drop.querySelector("input[type=file]:not([capture])"), drop.querySelector("input[capture]")];
  const area = drop.dataset.uploadFor && document.getElementById(drop.dataset.uploadFor);
  const zone = drop.closest("form") ?? drop;
  // With JavaScript a file travels on its own; the form then sends only its id.
  for (const control of [input, camera].filter(Boolean)) {
    control.removeAttribute("name");
    control.addEventListener("change", () => {
      add(drop, control.files);
      control.value = "";
    });
  }
  goOn(drop);
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
    // Word and Excel put a picture of it beside the words: these are what is meant.
    if (!files.length || event.clipboardData.getData("text/plain").trim()) return;
    event.preventDefault();
    add(drop, files, area);
  });
}

/** Sends files; an image pasted into a text area also becomes an image in its Markdown. */
async function add(drop, files, area = null) {
  for (const file of [...files]) {
    const row = fileRow(drop, file);
    hold(drop, 1);
    try {
      const light = await smaller(file);
      if (light !== file) {
        row.becomes(light);
        if (!area) row.offerOriginal(() => sendAsItIs(drop, file));
      }
      const limit = Number(drop.dataset.maxBytes);
      if (limit && light.size > limit) row.fail(words("tooBig", { limit: bytes(limit) }));
      else send(drop, light, row, { area });
    } finally {
      hold(drop, -1);
    }
  }
}

/** Where the letters in a photograph matter more than how long it takes. */
function sendAsItIs(drop, file) {
  const row = fileRow(drop, file);
  const limit = Number(drop.dataset.maxBytes);
  if (limit && file.size > limit) row.fail(words("tooBig", { limit: bytes(limit) }));
  else send(drop, file, row, {});
}

/** What was on its way when the page went. */
async function goOn(drop) {
  for (const { key, file, upload } of await filesOf(placeOf(drop))) send(drop, file, fileRow(drop, file), { key, upload });
}

const placeOf = (drop) => `${PERSON}:${drop.closest("form")?.dataset.draft ?? location.pathname}`;

async function send(drop, file, row, { area = null, key = newKey(), upload = null }) {
  const stop = new AbortController();
  const keep = (known) => keepFile({ key, place: placeOf(drop), file, upload: known });
  row.onRemove(() => {
    stop.abort();
    forgetFile(key);
  });
  hold(drop, 1);
  try {
    if (!upload) await keep(null);
    const stored = await sendFile(file, { url: drop.dataset.uploadUrl, upload, signal: stop.signal, began: keep, progress: row.progress, waiting: row.waiting });
    forgetFile(key);
    row.done(stored);
    if (area && isPicture(file)) insertText(area, `![${stored.name.replace(/[[\]]/g, "")}](${stored.url})\n`);
  } catch (error) {
    // After a session that has ended it goes on by itself, once its person is back.
    if (error.status !== 401) forgetFile(key);
    if (error.name !== "AbortError") row.fail(error.message);
  } finally {
    hold(drop, -1);
  }
}

// crypto.randomUUID needs https; a desk may be tried over plain http.
const newKey = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function fileRow(drop, file) {
  const list = drop.querySelector(".files") ?? drop.appendChild(make("ul", { class: "files" }));
  const bar = make("progress", { max: "100", value: "0", "aria-label": words("uploading", { name: file.name }) });
  const remove = make("button", { type: "button", class: "btn quiet small icon", "data-file-remove": true, "aria-label": words("remove", { name: file.name }) }, "×");
  const icon = drop.querySelector("template[data-file-icon]")?.content.cloneNode(true) ?? "";
  const name = make("span", { class: "truncate" }, file.name || "screenshot.png");
  const size = make("small", { class: "num" }, bytes(file.size));
  const state = make("small", { class: "wait", role: "status" });
  let shown = file;
  const item = make("li", { class: "file underway" }, make("span", { "aria-hidden": "true" }, icon), name, size, remove, bar, state);
  list.append(item);
  return {
    onRemove: (act) => remove.addEventListener("click", act),
    becomes: (other) => {
      shown = other;
      [name.textContent, size.textContent] = [other.name, bytes(other.size)];
    },
    // The light one goes, the original comes in its place.
    offerOriginal: (act) => {
      const original = make("button", { type: "button", class: "btn link small original" }, words("sendOriginal", { size: bytes(file.size) }));
      original.addEventListener("click", () => {
        remove.click();
        act();
      });
      item.append(original);
    },
    progress: (share) => {
      bar.value = Math.round(share * 100);
      state.textContent = "";
    },
    waiting: (isWaiting) => {
      state.textContent = isWaiting ? words("uploadWaits") : "";
    },
    fail: (message) => {
      bar.remove();
      state.remove();
      item.classList.remove("underway");
      item.classList.add("failed");
      item.append(make("span", { class: "error", role: "alert" }, message));
    },
    done: (stored) => {
      bar.remove();
      state.remove();
      item.classList.remove("underway");
      // The server may call it otherwise: a photograph that it has turned into a JPEG.
      if (stored.name) [name.textContent, size.textContent] = [stored.name, bytes(stored.size)];
      item.append(make("input", { type: "hidden", name: "attachments", value: stored.id, "data-name": stored.name ?? shown.name, "data-size": stored.size ?? shown.size }));
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
