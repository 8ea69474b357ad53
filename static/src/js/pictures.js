// Photographs and screenshots are made smaller before they travel: a camera gives 12 to 48 megapixels, a label is
// legible with five. Redrawing also leaves behind where the picture was taken.

/** The longest edge of a photograph that is sent, and of a screenshot, whose letters must stay sharp; in pixels. */
const LONGEST = { photo: 2560, drawing: 4096 };
const QUALITY = 0.86;
/** What a browser may be able to open. HEIC is opened by Safari; elsewhere it goes as it is, and the server turns it. */
const PHOTO = /^image\/(jpeg|webp|avif|heic|heif)$/;
const HEIC_NAME = /\.(heic|heif)$/i;

/** Whether this file may be made smaller here. Animations (GIF) and drawings (SVG) are left alone. */
export function isPicture({ type, name = "" }) {
  return PHOTO.test(type) || type === "image/png" || (type === "" && HEIC_NAME.test(name));
}

/**
 * The file, made smaller where it is a large picture; the same file where it is none, where it is small already or
 * where this browser cannot open it. Never fails.
 */
export async function smaller(file) {
  if (!isPicture(file)) return file;
  let picture = null;
  try {
    // Upright, as its camera says that it was held.
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const isDrawing = file.type === "image/png";
    const isHeic = !isDrawing && (HEIC_NAME.test(file.name) || /hei[cf]$/.test(file.type));
    const share = Math.min(1, LONGEST[isDrawing ? "drawing" : "photo"] / Math.max(picture.width, picture.height));
    if (share === 1 && !isHeic) return file;
    const blob = await drawn(picture, share, isDrawing ? "image/png" : "image/jpeg");
    if (!blob || (blob.size >= file.size && !isHeic)) return file;
    return new File([blob], isDrawing ? file.name : asJpeg(file.name), { type: blob.type, lastModified: file.lastModified });
  } catch {
    return file;
  } finally {
    picture?.close();
  }
}

/** The picture at a share of its size. */
async function drawn(picture, share, type) {
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * share)));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d", { alpha: type === "image/png" });
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, width, height);
  const blob = await new Promise((done) => canvas.toBlob(done, type, QUALITY));
  // Safari keeps a canvas's memory until it is small.
  canvas.width = canvas.height = 0;
  return blob;
}

const asJpeg = (name) => `${(name || "photo").replace(/\.[^.]*$/, "")}.jpg`;
