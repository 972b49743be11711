use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The three hashes that every published file carries: what lists of one ecosystem or another show.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Hashes {
    /// SHA-1.
    #[serde(with = "hexadecimal")]
    pub sha1: [u8; 20],
    /// SHA-256.
    #[serde(with = "hexadecimal")]
    pub sha256: [u8; 32],
    /// SHA-512: the bucket checks it while it stores the body.
    #[serde(with = "hexadecimal")]
    pub sha512: [u8; 64],
}

mod hexadecimal {
    use super::{Deserialize, Deserializer, Serializer};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        from: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(from)?;
        let mut bytes = [0; N];
        hex::decode_to_slice(&text, &mut bytes).map_err(D::Error::custom)?;
        Ok(bytes)
    }
}

/// One file of a published SDK.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PublishedFile {
    /// [`crate::ArtifactFile::name`].
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its hashes.
    #[serde(flatten)]
    pub hashes: Hashes,
}
