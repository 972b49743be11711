use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};

/// More keys than any provider publishes: those that publish most have about ten.
const MOST_KEYS: usize = 100;

/// RSA keys have at least 2,048 bits (RFC 7518, 3.3), and more than 8,192 only cost time.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// An algorithm that tokens may be signed by. There are no others, and a token's word for one counts for nothing: the key's
/// kind decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Reads the name in a token's header (RFC 7518, RFC 8037).
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Es256, Self::EdDsa].into_iter().find(|it| it.as_str() == name)
    }

    /// The name in a token's header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// A public key of an issuer's (RFC 7517).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    name: Option<String>,
    material: Material,
}

/// The numbers of a key, big-endian.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256 { x: Vec<u8>, y: Vec<u8> },
    Ed25519 { x: Vec<u8> },
}

/// The keys that an issuer publishes, as far as tokens may be signed by them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KeySet(Vec<Key>);

/// A text that is no set of keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is no JSON Web Key Set with at most {MOST_KEYS} keys")]
pub struct BadKeys;

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct PublishedKey {
    kty: String,
    kid: Option<String>,
    r#use: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a set. Keys of other kinds, and those that are for something else than signatures, are left out.
    ///
    /// # Errors
    /// [`BadKeys`] where it is none.
    pub fn parse(json: &[u8]) -> Result<Self, BadKeys> {
        let Published { keys } = serde_json::from_slice(json).map_err(|_| BadKeys)?;
        if keys.len() > MOST_KEYS {
            return Err(BadKeys);
        }
        let read = |key| serde_json::from_value(key).ok().and_then(Key::of);
        Ok(Self(keys.into_iter().filter_map(read).collect()))
    }

    /// The keys.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }
}

impl Key {
    fn of(published: PublishedKey) -> Option<Self> {
        let PublishedKey { kty, kid, r#use, alg, crv, n, e, x, y } = published;
        let number = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let coordinate = |text| number(text).filter(|bytes| bytes.len() == 32);
        let material = match (kty.as_str(), crv.as_deref()) {
            ("RSA", _) => {
                let (modulus, exponent) = (number(n)?, number(e)?);
                let is_sound = RSA_BYTES.contains(&modulus.len())
                    && modulus.first().is_some_and(|byte| *byte >= 0x80)
                    && (1..=4).contains(&exponent.len());
                is_sound.then_some(Material::Rsa { modulus, exponent })?
            }
            ("EC", Some("P-256")) => Material::P256 { x: coordinate(x)?, y: coordinate(y)? },
            ("OKP", Some("Ed25519")) => Material::Ed25519 { x: coordinate(x)? },
            _ => return None,
        };
        let key = Self { name: kid, material };
        let is_for_this = r#use.as_deref().is_none_or(|it| it == "sig")
            && alg.as_deref().is_none_or(|it| key.algorithm().is_named(it));
        is_for_this.then_some(key)
    }

    /// The algorithm that tokens are signed by with this key.
    pub fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Rsa { .. } => Algorithm::Rs256,
            Material::P256 { .. } => Algorithm::Es256,
            Material::Ed25519 { .. } => Algorithm::EdDsa,
        }
    }

    /// The name that tokens call it by.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The key as WebCrypto takes it, with nothing but its numbers.
    pub fn to_jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.material {
            Material::Rsa { modulus, exponent } => {
                json!({ "kty": "RSA", "n": text(modulus), "e": text(exponent) })
            }
            Material::P256 { x, y } => {
                json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) })
            }
            Material::Ed25519 { x } => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(x) }),
        }
    }
}

impl Algorithm {
    /// Whether a key may say that it is for this algorithm by a name. Ed25519 has two (RFC 8037, RFC 9864).
    fn is_named(self, name: &str) -> bool {
        self.as_str() == name || (self == Self::EdDsa && name == "Ed25519")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(json: &Value) -> Vec<Key> {
        KeySet::parse(json!({ "keys": json }).to_string().as_bytes()).unwrap().0
    }

    #[test]
    fn keys_print_what_was_read() {
        let x = URL_SAFE_NO_PAD.encode([7; 32]);
        let n = URL_SAFE_NO_PAD.encode([0xff; 256]);
        let all = json!([
            { "kty": "RSA", "n": n, "e": "AQAB" },
            { "kty": "EC", "crv": "P-256", "x": x, "y": x },
            { "kty": "OKP", "crv": "Ed25519", "x": x },
        ]);
        let read: Vec<Value> = keys(&all).iter().map(Key::to_jwk).collect();
        assert_eq!(Value::from(read), all);
    }

    #[test]
    fn keys_that_sign_no_tokens_are_left_out() {
        let x = URL_SAFE_NO_PAD.encode([7; 32]);
        let (short, weak) = (URL_SAFE_NO_PAD.encode([0xff; 128]), URL_SAFE_NO_PAD.encode([1; 256]));
        let others = json!([
            { "kty": "oct", "k": "c2VjcmV0", "alg": "HS256" },
            { "kty": "RSA", "n": short, "e": "AQAB" },
            { "kty": "RSA", "n": weak, "e": "AQAB" },
            { "kty": "EC", "crv": "P-384", "x": x, "y": x },
            { "kty": "EC", "crv": "P-256", "x": x },
            { "kty": "EC", "crv": "P-256", "x": x, "y": "AA" },
            { "kty": "EC", "crv": "P-256", "x": x, "y": x, "use": "enc" },
            { "kty": "EC", "crv": "P-256", "x": x, "y": x, "alg": "ES384" },
            { "kty": "OKP", "crv": "X25519", "x": x },
            { "crv": "Ed25519" },
            "text",
        ]);
        assert_eq!(keys(&others), []);
        let many: Vec<Value> = (0..=MOST_KEYS).map(|_| json!({})).collect();
        assert_eq!(KeySet::parse(json!({ "keys": many }).to_string().as_bytes()), Err(BadKeys));
        assert_eq!(KeySet::parse(b"{}"), Err(BadKeys));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = KeySet::parse(text.as_bytes());
        }
    }
}
