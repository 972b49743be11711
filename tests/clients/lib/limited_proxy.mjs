// Caching proxies with the limits of two that companies have and tests cannot: Artifactory and Nexus, as they are when nobody
// changed a setting. What they mind beyond that is written down, and counts as a fault of the registry's.

import { createServer, request as outgoing } from "node:http";

/** Artifactory: defaults of a remote repository in its Terraform provider, and what its own source, up to 5, does with them. */
const ARTIFACTORY = {
  agent: "Artifactory/7.111.4",
  // It asks for what there is to know of a file before it asks for the file.
  first: "HEAD",
  // "Socket timeout": a connection on which nothing comes for so long ends in an exception,
  silenceMs: 15_000,
  // after which the repository is "assumed offline" for so long, and nothing is asked of it.
  closedMs: 300_000,
  retries: 0,
  // Its source takes a 5xx for a miss. What newer ones do is not known, so that it counts here.
  closesAt: (status) => status >= 500,
  // "Missed retrieval cache period". Any status but 200 and 204 is a miss, and its clients see 404.
  missesMs: 1_800_000,
  // "Metadata retrieval cache period".
  metadataMs: 7_200_000,
  passesOn: () => false,
};

/** Nexus: defaults of its HTTP client and of a proxy repository, and what its source, 3, does with a reply. */
const NEXUS = {
  agent: "Nexus/3.84.0-03 (OSS; Linux; 6.1.0; amd64; 17.0.16)",
  first: "GET",
  // "Connection/Socket timeout" and "connection/socket retry attempts".
  silenceMs: 20_000,
  retries: 2,
  // "Auto blocking": the first time for so long, then longer each time.
  closedMs: 40_000,
  closesAt: (status) => status === 401 || status === 407 || status >= 500,
  // "Not found cache": a day. Any status that is no success is one of these, unless the reply forbids it.
  missesMs: 86_400_000,
  // "Maximum metadata age": a day.
  metadataMs: 86_400_000,
  passesOn: ({ headers }) => headers.bypass_http_errors !== undefined,
};

// Of the HTTP client that both are made with.
const REDIRECTS = 50;

/** Metadata is what gets old; files are kept for ever. */
const METADATA = [/^\/gen\/go\/.*\/@(v\/list|latest)$/, /^\/gen\/npm\/v1\/[^/]+(\/[^/-][^/]*)?$/];

export class LimitedProxy {
  #limits;
  #upstream;
  #server = createServer((request, reply) => this.#answer(request, reply));
  #kept = new Map();
  #misses = new Map();
  #flights = new Map();
  #closedUntil = 0;

  /** Every time that it gave the registry up, for everybody: why. */
  closings = [];

  /** Every request to the registry, with those that redirects led to: `{method, path, status, ms}`. */
  asked = [];

  constructor(limits, upstream) {
    this.#limits = limits;
    this.#upstream = upstream;
  }

  /** Starts one before the registry at a URL, below the same paths. `limits` that somebody has set. */
  static artifactory(upstream, limits = {}) {
    return LimitedProxy.#start({ ...ARTIFACTORY, ...limits }, upstream);
  }

  static nexus(upstream, limits = {}) {
    return LimitedProxy.#start({ ...NEXUS, ...limits }, upstream);
  }

  static async #start(limits, upstream) {
    const proxy = new LimitedProxy(limits, upstream);
    // Clients wait as long as they like.
    proxy.#server.requestTimeout = 0;
    await new Promise((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer({ url, method }, reply) {
    // Whoever asks for the same waits for the one that asked first.
    if (!this.#flights.has(url)) {
      const flight = this.#serve(url).finally(() => this.#flights.delete(url));
      this.#flights.set(url, flight);
    }
    const { status, headers, body } = await this.#flights.get(url);
    reply.writeHead(status, headers);
    reply.end(method === "HEAD" ? undefined : body);
  }

  async #serve(path) {
    const kept = this.#kept.get(path);
    const now = Date.now();
    if (kept && now < kept.until) return kept.found;
    if (now < (this.#misses.get(path) ?? 0)) return MISSING;
    if (now < this.#closedUntil) return kept?.found ?? MISSING;
    try {
      return await this.#fetch(path, kept?.found);
    } catch (error) {
      this.#close(`${path}: ${error.message}`);
      return kept?.found ?? MISSING;
    }
  }

  async #fetch(path, old) {
    const headers = { "user-agent": this.#limits.agent, ...(old && { "if-none-match": old.headers.etag }) };
    if (this.#limits.first === "HEAD") {
      const { status } = await this.#ask("HEAD", path, { "user-agent": this.#limits.agent });
      if (status !== 200) return this.#miss(path);
    }
    const reply = await this.#ask("GET", path, headers);
    if (reply.status === 304) return this.#keep(path, old);
    if (reply.status !== 200) return this.#limits.passesOn(reply) ? plain(reply) : this.#miss(path);
    return this.#keep(path, this.#rewritten(reply));
  }

  #miss(path) {
    this.#misses.set(path, Date.now() + this.#limits.missesMs);
    return MISSING;
  }

  #keep(path, found) {
    const isMetadata = METADATA.some((pattern) => pattern.test(path));
    this.#kept.set(path, { found, until: isMetadata ? Date.now() + this.#limits.metadataMs : Infinity });
    return found;
  }

  #close(why) {
    this.#closedUntil = Date.now() + this.#limits.closedMs;
    this.closings.push(why);
  }

  /** Packuments name the proxy's tarballs. */
  #rewritten(reply) {
    const found = plain(reply);
    if (!/json/.test(reply.headers["content-type"])) return found;
    return { ...found, body: Buffer.from(found.body.toString().replaceAll(this.#upstream, this.url)) };
  }

  /** Rejects when the registry is to be given up: for its status, or for a connection that broke or was silent too often. */
  async #ask(method, path, headers) {
    const reply = await this.#try(method, path, headers);
    if (this.#limits.closesAt(reply.status)) throw new Error(`status ${reply.status}`);
    return reply;
  }

  async #try(method, path, headers) {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#follow(method, path, headers);
      } catch (error) {
        if (tries >= this.#limits.retries) throw error;
      }
    }
  }

  async #follow(method, path, headers) {
    let url = new URL(path, this.#upstream);
    for (let hops = 0; hops <= REDIRECTS; hops++) {
      const started = Date.now();
      const reply = await this.#once(method, url, headers);
      this.asked.push({ method, path: url.pathname, status: reply.status, ms: Date.now() - started });
      if (reply.headers.location === undefined) return reply;
      url = new URL(reply.headers.location, url);
    }
    throw new Error("too many redirects");
  }

  #once(method, url, headers) {
    return new Promise((resolve, reject) => {
      const request = outgoing(url, { method, headers, timeout: this.#limits.silenceMs }, async (reply) => {
        try {
          const parts = [];
          for await (const part of reply) parts.push(part);
          resolve({ status: reply.statusCode, headers: reply.headers, body: Buffer.concat(parts) });
        } catch (error) {
          reject(error);
        }
      });
      request.on("timeout", () => request.destroy(new Error(`nothing came for ${this.#limits.silenceMs} ms`)));
      request.on("error", reject);
      request.end();
    });
  }
}

const MISSING = { status: 404, headers: { "content-type": "text/plain" }, body: "not found by the proxy\n" };

/** A reply without what belongs to its connection and to its length. */
function plain({ status, headers, body }) {
  const kept = ["content-type", "etag", "retry-after", "cache-control"].filter((name) => headers[name] !== undefined);
  return { status, headers: Object.fromEntries(kept.map((name) => [name, headers[name]])), body };
}
