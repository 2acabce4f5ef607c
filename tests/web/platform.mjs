// Debian 12 has Node 18, where WebCrypto is not yet a global as it is in browsers.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
