// The reader of QR codes, beside the page: ZXing-C++ compiled to WebAssembly.

const FOLDER = "/verify/zxing/";
const OPTIONS = { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 4 };
/** Of so many frames one is looked at inverted too, as a screen with inverted colours shows a code. */
const INVERTED = 4;
/** Pixels: a picture is looked at in the first size, and in the second only if nothing was found. */
const [LONGEST, LARGEST] = [1600, 4000];

let canvas = null;

const ready = (async () => {
  try {
    importScripts(`${FOLDER}index.js`);
    await ZXingWASM.prepareZXingModule({
      overrides: { locateFile: (name) => FOLDER + name },
      fireImmediately: true,
    });
    return true;
  } catch {
    return false;
  }
})();

function pixels(bitmap, longest) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [Math.round(bitmap.width * scale), Math.round(bitmap.height * scale)];
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  drawing.drawImage(bitmap, 0, 0, width, height);
  return drawing.getImageData(0, 0, width, height);
}

/** Spread the greys of what is nearly dark, or nearly white, over all that there are. */
function spread(image) {
  const { data } = image;
  const counts = new Uint32Array(256);
  for (let at = 1; at < data.length; at += 4) counts[data[at]] += 1;
  let below = 0;
  const levels = Array.from(counts, (count) => (255 * 4 * (below += count)) / data.length);
  for (let at = 0; at < data.length; at += 4) {
    data[at] = data[at + 1] = data[at + 2] = levels[data[at + 1]];
  }
  return image;
}

/** Look at a picture in one light after the other; `closely` in all of them. */
function* looks(bitmap, closely) {
  yield pixels(bitmap, LONGEST);
  if (Math.max(bitmap.width, bitmap.height) > LONGEST) yield pixels(bitmap, LARGEST);
  if (closely) yield spread(pixels(bitmap, LONGEST));
}

async function texts(bitmap, closely, tryInvert) {
  for (const look of looks(bitmap, closely)) {
    const found = await ZXingWASM.readBarcodes(look, { ...OPTIONS, tryInvert });
    const read = found.filter((one) => one.isValid).map((one) => one.text);
    if (read.length) return [...new Set(read)];
  }
  return [];
}

ready.then((ready) => postMessage({ ready }));

onmessage = async ({ data: { id, bitmap, closely } }) => {
  let found = [];
  try {
    if (await ready) found = await texts(bitmap, closely, closely || id % INVERTED === 0);
  } finally {
    bitmap.close();
    postMessage({ id, found });
  }
};
