// What every page needs; nothing here shows itself where a page does not ask for it.
import { startDialogs } from "./dialogs.js";
import { startDrafts } from "./drafts.js";
import { startFields } from "./fields.js";
import { startForms } from "./forms.js";
import { startLongest } from "./longest.js";
import { startServer } from "./server.js";
import { startTheme } from "./theme.js";
import { startTimes } from "./times.js";
import { startToasts } from "./toasts.js";
import { startUploads } from "./uploads.js";
import { startWriting } from "./writing.js";

export function startCore() {
  document.documentElement.classList.add("js");
  startServer();
  startTheme();
  startToasts();
  startDialogs();
  startDrafts();
  startForms();
  startFields();
  startUploads();
  startLongest();
  startWriting();
  startTimes();
}
