/// How the messages of a call are written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Codec {
    /// In protobuf's binary form, as the `buf` command writes them.
    Proto,
    /// In protobuf's JSON form, as programs of other languages do.
    Json,
}

impl Codec {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Proto, Self::Json];

    /// The media types of both, as the header `Accept-Post` lists them.
    pub const MEDIA_TYPES: &str = "application/proto, application/json";

    /// The media type of requests and of replies.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Proto => "application/proto",
            Self::Json => "application/json",
        }
    }

    /// The name in the query of a GET.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proto => "proto",
            Self::Json => "json",
        }
    }

    /// The codec of a `Content-Type`, whatever its parameters say.
    pub(super) fn of_content_type(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|codec| essence.eq_ignore_ascii_case(codec.media_type()))
    }

    /// The codec of a name in a query.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_all_of_them() {
        let types: Vec<&str> = Codec::ALL.iter().map(|codec| codec.media_type()).collect();
        assert_eq!(types.join(", "), Codec::MEDIA_TYPES);
        for codec in Codec::ALL {
            assert_eq!(Codec::of_content_type(codec.media_type()), Some(codec));
            assert_eq!(Codec::of_name(codec.name()), Some(codec));
        }
    }
}
