use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// More fields than any form of ours, or any request of a client's, has.
const MOST_FIELDS: usize = 100;

/// The fields of a form, as browsers and OAuth clients send them (`application/x-www-form-urlencoded`): each once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Form(BTreeMap<String, String>);

/// A body that is no form.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadForm {
    /// A field is there twice: which one counts would be a guess (RFC 6749, 3.2).
    #[error("a field is there twice")]
    Twice,
    /// It is no text, or has too many fields.
    #[error("it is no form of UTF-8 text with at most {MOST_FIELDS} fields")]
    Unreadable,
}

impl Form {
    /// The media type of forms.
    pub const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

    /// Reads a body, or what stands behind `?` in a URL.
    ///
    /// # Errors
    /// [`BadForm`] says what is wrong.
    pub fn parse(body: &str) -> Result<Self, BadForm> {
        let mut fields = BTreeMap::new();
        for pair in body.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if fields.insert(decode(name)?, decode(value)?).is_some() {
                return Err(BadForm::Twice);
            }
            if fields.len() > MOST_FIELDS {
                return Err(BadForm::Unreadable);
            }
        }
        Ok(Self(fields))
    }

    /// A field that is there and not empty. Browsers send fields that were left empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn decode(text: &str) -> Result<String, BadForm> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map_err(|_| BadForm::Unreadable)?;
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_read_as_browsers_send_them() {
        let form = Form::parse("name=a+b%26c&empty=&scope=read&flag").unwrap();
        assert_eq!(form.get("name"), Some("a b&c"));
        assert_eq!((form.get("empty"), form.get("flag"), form.get("other")), (None, None, None));
        assert_eq!(form.names().count(), 4);
        assert_eq!(Form::parse(""), Ok(Form::default()));
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        assert_eq!(Form::parse("a=1&a=2"), Err(BadForm::Twice));
        assert_eq!(Form::parse("a=1&%61=2"), Err(BadForm::Twice));
        assert_eq!(Form::parse("a=%ff"), Err(BadForm::Unreadable));
        let many: Vec<String> = (0..=MOST_FIELDS).map(|n| format!("f{n}=1")).collect();
        assert_eq!(Form::parse(&many.join("&")), Err(BadForm::Unreadable));
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_read(fields in prop::collection::btree_map("[a-z]{1,8}", ".{1,20}", 0..9)) {
            let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            prop_assert_eq!(Form::parse(&encoded), Ok(Form(fields)));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Form::parse(&text);
        }
    }
}
