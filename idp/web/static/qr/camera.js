// Reads QR codes with the camera: by the browser's own detector where there is one, else by jsQR, which is fetched
// when it is first needed.

const EVERY_MS = 150, SIDE_MAX = 640;

async function detector() {
    try {
        const native = new globalThis.BarcodeDetector({ formats: ["qr_code"] });
        return async (canvas) => (await native.detect(canvas))[0]?.rawValue ?? null;
    } catch {
        await import("../../wallet/lib/jsqr.js");
        return async (canvas, paint) => {
            const image = paint.getImageData(0, 0, canvas.width, canvas.height);
            return globalThis.jsQR(image.data, image.width, image.height, { inversionAttempts: "dontInvert" })?.data || null;
        };
    }
}

function picture(video, canvas) {
    const scale = Math.min(1, SIDE_MAX / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    const paint = canvas.getContext("2d", { willReadFrequently: true });
    paint.drawImage(video, 0, 0, canvas.width, canvas.height);
    return paint;
}

// Shows the camera in `video` and calls found(text) for what it sees until that returns true or the signal aborts.
// Throws when there is no camera or it is refused. The camera is off when this returns.
export async function scan(video, found, signal) {
    const [stream, detect] = await Promise.all([
        navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false }),
        detector(),
    ]);
    try {
        video.srcObject = stream;
        await video.play();
        const canvas = document.createElement("canvas");
        while (!signal.aborted) {
            if (video.videoWidth) {
                const text = await detect(canvas, picture(video, canvas));
                if (text && !signal.aborted && await found(text)) return;
            }
            await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
        }
    } finally {
        for (const track of stream.getTracks()) track.stop();
        video.srcObject = null;
    }
}
