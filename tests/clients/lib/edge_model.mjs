// The cache that a deployed Worker lives behind, as Cloudflare documents it ("Workers Cache"), modelled by nginx: the key is
// path and query alone, HEAD becomes GET, ranges are cut from what is stored, the header for the edge counts more than the
// one for everybody and is taken off with the tags, `Vary` is honoured, and a reply that says nothing is kept for two hours.

import { readFile, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { Nginx } from "./nginx.mjs";
import { freePort } from "./parts.mjs";

/** nginx in front of one Worker, and what that Worker tells it to forget. */
export class EdgeModel extends Nginx {
  #inner;

  #purges;

  /** Every call to purge so far, as the Worker made it. */
  purged = [];

  static async create() {
    const model = await super.create();
    model.#inner = await freePort();
    model.#purges = createServer((request, response) => model.#answer(request, response));
    await new Promise((resolve) => model.#purges.listen(0, "127.0.0.1", resolve));
    return model;
  }

  /** Where the Worker tells it what to forget. */
  get purgeUrl() {
    return `http://127.0.0.1:${this.#purges.address().port}/`;
  }

  async stop() {
    this.#purges.close();
    await super.stop();
  }

  /** The inner server puts in front of the cache what counts there; the outer one gives clients what the Worker said. */
  servers(upstream) {
    return `
  map $upstream_http_cloudflare_cdn_cache_control $edge {
    "" $upstream_http_cache_control;
    default $upstream_http_cloudflare_cdn_cache_control;
  }
  server {
    listen 127.0.0.1:${this.#inner};
    access_log off;
    client_max_body_size 100m;
    location / {
      proxy_pass ${upstream};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_hide_header Cache-Control;
      add_header Cache-Control $edge always;
      add_header X-Client-Cache-Control $upstream_http_cache_control always;
    }
  }
  server {
    listen 127.0.0.1:${this.port};
    client_max_body_size 100m;
    location / {
      proxy_pass http://127.0.0.1:${this.#inner};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_cache sdks;
      proxy_cache_key $request_uri;
      proxy_cache_valid 200 2h;
      proxy_cache_valid 404 410 3m;
      proxy_cache_lock on;
      proxy_hide_header Cache-Control;
      proxy_hide_header X-Client-Cache-Control;
      proxy_hide_header Cloudflare-CDN-Cache-Control;
      proxy_hide_header Cache-Tag;
      add_header Cache-Control $upstream_http_x_client_cache_control always;
    }
  }`;
  }

  async #answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const options = JSON.parse(Buffer.concat(chunks).toString());
    await this.#forget(options);
    this.purged.push(options);
    response.end("{}");
  }

  /** Takes files away: nginx reads one for every hit. */
  async #forget({ tags, purgeEverything = false }) {
    const folder = path.join(this.folder, "cache");
    for (const name of await readdir(folder)) {
      const file = path.join(folder, name);
      const head = (await readFile(file)).toString("latin1").split("\r\n\r\n", 1)[0];
      const held = /^Cache-Tag: (.*)$/im.exec(head)?.[1].trim().split(",") ?? [];
      if (purgeEverything || held.some((tag) => tags.includes(tag))) await rm(file);
    }
  }
}

/** What stands in front of the Worker's code, so that it finds the model where Cloudflare gives a Worker its cache. */
export function entry(purgeUrl) {
  return `import Worker from "./worker.js";

const cache = {
  async purge(options) {
    const reply = await fetch(${JSON.stringify(purgeUrl)}, { method: "POST", body: JSON.stringify(options) });
    return { success: reply.ok };
  },
};

export default class extends Worker {
  constructor(context, env) {
    super(context, env);
    Object.defineProperty(this.ctx, "cache", { value: cache, configurable: true });
  }
}
`;
}
