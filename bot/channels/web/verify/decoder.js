// The reader of QR codes, beside the page: ZXing-C++ compiled to WebAssembly.

const FOLDER = "/verify/zxing/";
const OPTIONS = { formats: ["QRCode"], tryHarder: true, tryInvert: false, maxNumberOfSymbols: 4 };
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

async function texts(bitmap) {
  const sizes = Math.max(bitmap.width, bitmap.height) > LONGEST ? [LONGEST, LARGEST] : [LONGEST];
  for (const size of sizes) {
    const found = await ZXingWASM.readBarcodes(pixels(bitmap, size), OPTIONS);
    const read = found.filter((one) => one.isValid).map((one) => one.text);
    if (read.length) return [...new Set(read)];
  }
  return [];
}

ready.then((ready) => postMessage({ ready }));

onmessage = async ({ data: { id, bitmap } }) => {
  let found = [];
  try {
    if (await ready) found = await texts(bitmap);
  } finally {
    bitmap.close();
    postMessage({ id, found });
  }
};
