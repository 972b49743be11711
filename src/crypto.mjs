// Whether a key has signed something, by the runtime's own cryptography.

const ALGORITHMS = {
  RSA: [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, "RSASSA-PKCS1-v1_5"],
  EC: [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }],
  OKP: [{ name: "Ed25519" }, "Ed25519"],
};

/** `jwk` is the JSON of a public key. A key that is none, a point beside its curve for instance, has signed nothing. */
export async function verify(jwk, signed, signature) {
  const key = JSON.parse(jwk);
  const [imported, used] = ALGORITHMS[key.kty];
  try {
    const known = await crypto.subtle.importKey("jwk", key, imported, false, ["verify"]);
    return await crypto.subtle.verify(used, known, signature, signed);
  } catch (error) {
    if (error.name === "DataError" || error.name === "SyntaxError" || error.name === "OperationError") return false;
    throw error;
  }
}
