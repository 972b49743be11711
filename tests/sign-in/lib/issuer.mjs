// A system of continuous integration: it signs tokens for its jobs, and publishes its keys.

import { once } from "node:events";
import { createServer } from "node:http";
import { generateKeyPairSync, sign } from "node:crypto";

const ALGORITHMS = {
  RS256: { make: ["rsa", { modulusLength: 2048 }], hash: "sha256", options: {} },
  ES256: { make: ["ec", { namedCurve: "P-256" }], hash: "sha256", options: { dsaEncoding: "ieee-p1363" } },
  EdDSA: { make: ["ed25519", {}], hash: null, options: {} },
};

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export class Issuer {
  static async listen(port) {
    const issuer = new Issuer(`http://127.0.0.1:${port}`);
    issuer.server = createServer((request, response) => issuer.#answer(request, response)).listen(port, "127.0.0.1");
    await once(issuer.server, "listening");
    return issuer;
  }

  constructor(address) {
    this.address = address;
    this.keys = Object.fromEntries(
      Object.entries(ALGORITHMS).map(([name, { make: [kind, options] }]) => [name, generateKeyPairSync(kind, options)]),
    );
    this.asked = [];
    /** Paths that answer with a redirect, wherever it leads. */
    this.redirects = {};
  }

  #answer(request, response) {
    this.asked.push(request.url);
    const to = this.redirects[request.url];
    if (to) return response.writeHead(302, { location: to }).end();
    const documents = {
      "/.well-known/openid-configuration": { issuer: this.address, jwks_uri: `${this.address}/jwks` },
      "/jwks": { keys: Object.entries(this.keys).map(([kid, { publicKey }]) => ({ ...publicKey.export({ format: "jwk" }), kid })) },
    };
    const document = documents[request.url];
    response.writeHead(document ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(document ?? {}));
  }

  /** A job's token. */
  token(claims, algorithm = "RS256", key = this.keys[algorithm].privateKey) {
    const now = Math.floor(Date.now() / 1000);
    const signed = `${part({ alg: algorithm, kid: algorithm })}.${part({ iss: this.address, iat: now, exp: now + 300, ...claims })}`;
    const { hash, options } = ALGORITHMS[algorithm];
    return `${signed}.${sign(hash, Buffer.from(signed), { key, ...options }).toString("base64url")}`;
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
