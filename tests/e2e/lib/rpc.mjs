// RPCs by hand, for what the buf command would refuse to send.

import { adminToken, url } from "./registry.mjs";
import { field, message } from "./wire.mjs";

/** `UploadRequest` with one content; files are an object of path to text. */
export function upload(module, files, dependencies = []) {
  const [owner, name] = module.split("/");
  const reference = field(2, message(field(1, owner), field(2, name)));
  const contents = Object.entries(files).map(([path, content]) =>
    field(2, message(field(1, path), field(2, content))),
  );
  return message(
    field(1, message(field(1, reference), ...contents)),
    ...dependencies.map((commit) => field(2, commit)),
  );
}

export const UPLOAD = "buf.registry.module.v1.UploadService/Upload";

/** Calls an RPC; gives the reply's status and, of an error, its code and message. */
export async function call(rpc, body, headers = {}) {
  const reply = await fetch(`${url}/${rpc}`, {
    method: "POST",
    headers: {
      "content-type": "application/proto",
      "connect-protocol-version": "1",
      authorization: `Bearer ${adminToken}`,
      ...headers,
    },
    body,
  });
  const bytes = Buffer.from(await reply.arrayBuffer());
  const isJson = reply.headers.get("content-type")?.startsWith("application/json");
  return { status: reply.status, bytes, ...(isJson ? JSON.parse(bytes.toString()) : {}) };
}
