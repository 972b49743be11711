//! Issuers of tokens: their keys, and tokens that they sign, or somebody else.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protoedge_edge::Fetched;
use protoedge_oauth::{Algorithm, Key};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    },
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

/// Whether a key has signed something.
pub fn verify(key: &Key, signed: &[u8], signature: &[u8]) -> bool {
    let jwk = key.to_jwk();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    match key.algorithm() {
        Algorithm::EdDsa => {
            UnparsedPublicKey::new(&ED25519, number("x")).verify(signed, signature).is_ok()
        }
        Algorithm::Es256 => {
            let point = [vec![4], number("x"), number("y")].concat();
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
            key.verify(signed, signature).is_ok()
        }
        Algorithm::Rs256 => {
            let key = RsaPublicKeyComponents { n: number("n"), e: number("e") };
            key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
        }
    }
}

/// A pair of keys.
pub enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl Pair {
    pub fn ed25519() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    pub fn p256() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self::P256(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
    }

    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
        }
    }

    /// The public key, as issuers publish it.
    pub fn jwk(&self, name: &str) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Ed25519(pair) => {
                let x = text(pair.public_key().as_ref());
                json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": name })
            }
            Self::P256(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = (text(&point[..32]), text(&point[32..]));
                json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": name })
            }
        }
    }

    fn sign(&self, signed: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(pair) => pair.sign(signed).as_ref().to_vec(),
            Self::P256(pair) => pair.sign(&SystemRandom::new(), signed).unwrap().as_ref().to_vec(),
        }
    }

    /// A token with this header and these claims.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// An issuer with its keys, and what it was asked for.
pub struct Issuer {
    pub address: &'static str,
    pub keys: RefCell<Vec<(String, Rc<Pair>)>>,
    /// What stands in its configuration instead of what is right.
    pub change: RefCell<Value>,
    /// What its UserInfo endpoint says.
    pub user_info: RefCell<Value>,
    pub cache_control: RefCell<Option<String>>,
    pub is_away: Cell<bool>,
    pub asked: RefCell<Vec<String>>,
}

impl Issuer {
    pub fn new(address: &'static str) -> Rc<Self> {
        let keys = vec![("k1".to_owned(), Rc::new(Pair::p256()))];
        Rc::new(Self {
            address,
            keys: RefCell::new(keys),
            change: RefCell::new(json!({})),
            user_info: RefCell::new(json!({})),
            cache_control: RefCell::default(),
            is_away: Cell::default(),
            asked: RefCell::default(),
        })
    }

    /// The key that it signs with.
    pub fn key(&self) -> (String, Rc<Pair>) {
        self.keys.borrow().last().unwrap().clone()
    }

    /// A token that it signs.
    pub fn token(&self, claims: &Value) -> String {
        let (name, pair) = self.key();
        pair.token(&json!({ "alg": pair.algorithm(), "kid": name }), claims)
    }

    /// The requests for its keys so far.
    pub fn times_asked_for_keys(&self) -> usize {
        self.asked.borrow().iter().filter(|url| url.ends_with("/jwks")).count()
    }

    pub fn answer(
        &self,
        url: &str,
        headers: &BTreeMap<String, String>,
    ) -> Option<Result<Fetched, String>> {
        let path = url.strip_prefix(self.address)?;
        self.asked.borrow_mut().push(url.to_owned());
        if self.is_away.get() {
            return Some(Err("connection refused".into()));
        }
        let at = |path: &str| format!("{}{path}", self.address);
        let value = match path {
            "/.well-known/openid-configuration" => {
                let mut value = json!({
                    "issuer": self.address, "jwks_uri": at("/jwks"), "token_endpoint": at("/token"),
                    "authorization_endpoint": at("/authorize"), "userinfo_endpoint": at("/userinfo"),
                });
                for (name, changed) in self.change.borrow().as_object().unwrap() {
                    value[name] = changed.clone();
                }
                value
            }
            "/jwks" => {
                let keys = self.keys.borrow();
                json!({ "keys": keys.iter().map(|(name, key)| key.jwk(name)).collect::<Vec<_>>() })
            }
            "/userinfo" => {
                assert_eq!(headers["authorization"], "Bearer access");
                self.user_info.borrow().clone()
            }
            _ => return Some(Ok(Fetched { status: 404, body: "".into(), cache_control: None })),
        };
        let cache_control = self.cache_control.borrow().clone();
        Some(Ok(Fetched { status: 200, body: value.to_string().into(), cache_control }))
    }
}
