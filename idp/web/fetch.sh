#!/bin/sh
# Brings the wallet's two libraries (a QR reader, a QR writer) by npm and its lock file into wallet/lib, where the
# build embeds them like every other file. Does nothing when they are there and the lock file is unchanged.
set -eu
cd "$(dirname "$0")"
mark=node_modules/.fetched
if cmp -s package-lock.json "$mark" && [ -f wallet/lib/jsqr.js ] && [ -f wallet/lib/qrcode.js ]; then exit 0; fi
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
mkdir -p wallet/lib
cp node_modules/jsqr/dist/jsQR.js wallet/lib/jsqr.js
cp node_modules/jsqr/LICENSE wallet/lib/jsqr-license.txt
cp node_modules/qrcode-generator/dist/qrcode.mjs wallet/lib/qrcode.js
cp package-lock.json "$mark"
