// The phone's camera sees a picture of another screen: a PNG screenshot becomes a one-frame Y4M file, which
// Chromium's fake capture device reads anew each time a page opens the camera, and repeats.
import { inflateSync } from 'node:zlib';
import { writeFileSync, renameSync } from 'node:fs';

const WIDTH = 640;
const HEIGHT = 480;

function unfilter(type, line, above, step) {
  for (let i = 0; i < line.length; i += 1) {
    const left = i >= step ? line[i - step] : 0;
    const up = above ? above[i] : 0;
    const corner = above && i >= step ? above[i - step] : 0;
    if (type === 1) line[i] += left;
    else if (type === 2) line[i] += up;
    else if (type === 3) line[i] += (left + up) >> 1;
    else if (type === 4) {
      const p = left + up - corner;
      const [a, b, c] = [Math.abs(p - left), Math.abs(p - up), Math.abs(p - corner)];
      line[i] += a <= b && a <= c ? left : b <= c ? up : corner;
    }
  }
}

// 8-bit RGB or RGBA without interlacing, which is what screenshots are. Gives grey values.
export function pngGrey(png) {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const step = { 2: 3, 6: 4 }[png[25]];
  if (png[24] !== 8 || !step || png[28] !== 0) throw new Error('unexpected kind of PNG');
  const parts = [];
  for (let at = 8; at < png.length;) {
    const n = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + n));
    at += 12 + n;
  }
  const raw = inflateSync(Buffer.concat(parts));
  const grey = new Uint8Array(width * height);
  let above = null;
  for (let y = 0; y < height; y += 1) {
    const from = y * (width * step + 1);
    const line = raw.subarray(from + 1, from + 1 + width * step);
    unfilter(raw[from], line, above, step);
    above = line;
    for (let x = 0; x < width; x += 1) {
      const i = x * step;
      grey[y * width + x] = (line[i] * 77 + line[i + 1] * 151 + line[i + 2] * 28) >> 8;
    }
  }
  return { width, height, grey };
}

// Fits the picture into the camera's frame, with a light border around it.
export function writeCamera(file, png) {
  const picture = pngGrey(png);
  const scale = Math.min((WIDTH - 40) / picture.width, (HEIGHT - 40) / picture.height, 2);
  const luma = Buffer.alloc(WIDTH * HEIGHT, 235);
  const left = Math.floor((WIDTH - picture.width * scale) / 2);
  const top = Math.floor((HEIGHT - picture.height * scale) / 2);
  for (let y = 0; y < Math.floor(picture.height * scale); y += 1) {
    for (let x = 0; x < Math.floor(picture.width * scale); x += 1) {
      const from = Math.floor(y / scale) * picture.width + Math.floor(x / scale);
      luma[(top + y) * WIDTH + left + x] = 16 + Math.floor(picture.grey[from] * 219 / 255);
    }
  }
  const chroma = Buffer.alloc(WIDTH * HEIGHT / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, chroma]);
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  writeFileSync(`${file}.new`, Buffer.concat([head, frame, frame]));
  renameSync(`${file}.new`, file);
}

// A camera that looks at nothing yet: the file must exist when the browser starts.
export function writeBlankCamera(file) {
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), Buffer.alloc(WIDTH * HEIGHT * 3 / 2, 128)]);
  writeFileSync(file, Buffer.concat([head, frame, frame]));
}
