// An identity provider that comes as a package, with persons of ours.

import { once } from "node:events";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

/** Persons by what they type as their login. */
export const PERSONS = {
  alice: { preferred_username: "alice", email: "alice@example.com", email_verified: true, groups: ["staff"] },
  bob: { preferred_username: "bob", email: "bob@example.com", email_verified: true, groups: ["staff", "engineering"] },
  carol: { preferred_username: "carol", email: "carol@elsewhere.example", email_verified: true, groups: [] },
  dave: { preferred_username: "dave", email: "dave@example.com", email_verified: false, groups: [] },
  // Cyrillic а and с.
  twin: { preferred_username: "\u0430li\u0441e", email: "twin@example.com", email_verified: true, groups: [] },
};

/** A provider at a port of this machine, where a registry at `url` is the client. */
export class OpenIdProvider {
  static async listen(port, url) {
    const issuer = `http://127.0.0.1:${port}`;
    const client = { client_id: "registry", client_secret: "a secret of some length", redirect_uris: [`${url}/-/login/callback`] };
    const provider = new Provider(issuer, {
      clients: [client],
      claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email", "email_verified"] },
      cookies: { keys: ["a key"] },
      pkce: { required: () => true },
      findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: `id-of-${id}`, ...PERSONS[id] }) }),
      features: { devInteractions: { enabled: true } },
    });
    provider.on("server_error", (_, error) => console.error(error));
    const server = createServer(provider.callback()).listen(port, "127.0.0.1");
    await once(server, "listening");
    return new OpenIdProvider(issuer, client, server);
  }

  constructor(issuer, client, server) {
    this.issuer = issuer;
    this.client = client;
    this.server = server;
  }

  /** The settings of a registry that people sign in to here. */
  get settings() {
    const { client_id, client_secret } = this.client;
    return { OIDC_ISSUER: this.issuer, OIDC_CLIENT_ID: client_id, OIDC_CLIENT_SECRET: client_secret };
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
