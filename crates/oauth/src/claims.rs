use serde_json::{Map, Value};

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 60;

/// The longest time that a token may be good for, in seconds: a day. Providers' are good for an hour or less.
const LONGEST_LIFE: i64 = 24 * 60 * 60;

/// The longest subject, in bytes (OpenID Connect Core, 2: 255 ASCII characters).
const LONGEST_SUBJECT: usize = 255;

/// What a token says (RFC 7519, 4).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

/// What a token must say to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who must have issued it, to the letter.
    pub issuer: &'a str,
    /// Whom it must be for.
    pub audience: &'a str,
    /// What it must repeat of the request that it answers; none where there was no request.
    pub nonce: Option<&'a str>,
    /// The time now, in seconds since 1970.
    pub now: i64,
}

/// Why what a token says is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadClaims {
    /// Another issuer.
    #[error("another issuer issued it")]
    Issuer,
    /// It is for somebody else, or for others, too.
    #[error("it is for another audience")]
    Audience,
    /// It is over, not good yet, from the future, or does not say when.
    #[error("it is over, not good yet, or does not say for how long it is")]
    Time,
    /// It answers another request.
    #[error("it answers another request")]
    Nonce,
    /// It does not say whose it is.
    #[error("it does not say whose it is")]
    Subject,
}

impl Claims {
    pub(crate) fn unverified(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// Reads the claims in the answer of a provider's UserInfo endpoint (OpenID Connect Core, 5.3). None for what is no object.
    pub fn of_user_info(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().map(Self)
    }

    /// Makes sure that a token is taken that says this.
    ///
    /// # Errors
    /// [`BadClaims`] says why it is not.
    pub fn check(&self, expected: &Expected<'_>) -> Result<(), BadClaims> {
        if self.issuer() != Some(expected.issuer) {
            return Err(BadClaims::Issuer);
        }
        if !self.is_for(expected.audience, expected.nonce.is_some()) {
            return Err(BadClaims::Audience);
        }
        if !self.is_good_at(expected.now) {
            return Err(BadClaims::Time);
        }
        if expected.nonce.is_some_and(|nonce| self.text("nonce") != Some(nonce)) {
            return Err(BadClaims::Nonce);
        }
        self.subject().map(drop).ok_or(BadClaims::Subject)
    }

    /// Whether it is for this audience and for no other one. What signs in may be for others, too, if it was made for this client
    /// (`azp`; OpenID Connect Core, 3.1.3.7).
    fn is_for(&self, audience: &str, is_client: bool) -> bool {
        let is_it = |value: &Value| value.as_str() == Some(audience);
        let (is_among, is_alone) = match self.0.get("aud") {
            Some(Value::Array(all)) => (all.iter().any(is_it), all.len() == 1),
            Some(one) => (is_it(one), true),
            None => (false, true),
        };
        let client = self.0.get("azp").filter(|_| is_client);
        let is_made_for_it = client.is_none_or(is_it);
        is_among && is_made_for_it && (is_alone || client.is_some())
    }

    fn is_good_at(&self, now: i64) -> bool {
        let (Some(ends), Some(issued)) = (self.seconds("exp"), self.seconds("iat")) else {
            return false;
        };
        let begins = match self.0.get("nbf") {
            None => Some(issued),
            Some(_) => self.seconds("nbf"),
        };
        now < ends.saturating_add(LEEWAY)
            && issued <= now.saturating_add(LEEWAY)
            && ends.saturating_sub(issued) <= LONGEST_LIFE
            && begins.is_some_and(|begins| begins <= now.saturating_add(LEEWAY))
    }

    /// A time in whole seconds; some issuers write fractions.
    fn seconds(&self, name: &str) -> Option<i64> {
        let value = self.0.get(name)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what is beyond is no time, and stays far off"
        )]
        value.as_i64().or_else(|| value.as_f64().filter(|it| it.is_finite()).map(|it| it as i64))
    }

    /// Who issued it.
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// Whose it is, in the issuer's own words.
    pub fn subject(&self) -> Option<&str> {
        self.text("sub").filter(|it| !it.is_empty() && it.len() <= LONGEST_SUBJECT)
    }

    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A claim that is true. Some providers write a text.
    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Value::Bool(true)))
            || self.text(name).is_some_and(|text| text == "true")
    }

    /// A claim as one text to be compared: texts, whole numbers, true and false have one.
    pub fn comparable(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Number(number) if !number.is_f64() => Some(number.to_string()),
            Value::Number(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A claim that is a list of texts, or one text.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one.as_str()],
            _ => Vec::new(),
        }
    }

    /// Whether there is such a claim.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Adds the claims of another source that are not there yet. A mail address and whether it was verified are of one source: of this
    /// one where it says both.
    pub fn complete(&mut self, mut other: Self) {
        const MAIL: [&str; 2] = ["email", "email_verified"];
        let says_both = MAIL.iter().all(|name| self.has(name));
        let dropped = if says_both { &mut other } else { &mut *self };
        for name in MAIL {
            dropped.0.remove(name);
        }
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn good() -> Value {
        json!({
            "iss": "https://id.example.com", "aud": "registry", "sub": "248289", "nonce": "n1",
            "iat": NOW - 5, "exp": NOW + 300,
        })
    }

    fn check(change: &Value) -> Result<(), BadClaims> {
        let mut claims = good();
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let Value::Object(claims) = claims else { unreachable!() };
        Claims::unverified(claims).check(&Expected {
            issuer: "https://id.example.com",
            audience: "registry",
            nonce: Some("n1"),
            now: NOW,
        })
    }

    #[test]
    fn a_token_is_taken_for_what_it_says() {
        use BadClaims::{Audience, Issuer, Nonce, Subject, Time};
        for (change, wanted) in [
            (json!({}), Ok(())),
            (json!({ "iss": "https://id.example.com/" }), Err(Issuer)),
            (json!({ "iss": null }), Err(Issuer)),
            (json!({ "aud": ["registry"] }), Ok(())),
            (json!({ "aud": ["registry", "other"] }), Err(Audience)),
            (json!({ "aud": ["registry", "other"], "azp": "registry" }), Ok(())),
            (json!({ "aud": ["registry", "other"], "azp": "other" }), Err(Audience)),
            (json!({ "azp": "other" }), Err(Audience)),
            (json!({ "azp": 1 }), Err(Audience)),
            (json!({ "aud": "other" }), Err(Audience)),
            (json!({ "aud": [] }), Err(Audience)),
            (json!({ "aud": null }), Err(Audience)),
            (json!({ "exp": NOW - 59 }), Ok(())),
            (json!({ "exp": NOW - 60 }), Err(Time)),
            (json!({ "exp": null }), Err(Time)),
            (json!({ "exp": "soon" }), Err(Time)),
            (json!({ "exp": 1e300, "iat": NOW }), Err(Time)),
            (json!({ "exp": NOW + 90_000 }), Err(Time)),
            (json!({ "iat": NOW + 60 }), Ok(())),
            (json!({ "iat": NOW + 61 }), Err(Time)),
            (json!({ "iat": null }), Err(Time)),
            (json!({ "iat": 1_799_999_995.25 }), Ok(())),
            (json!({ "nbf": NOW + 61 }), Err(Time)),
            (json!({ "nbf": "x" }), Err(Time)),
            (json!({ "nbf": NOW }), Ok(())),
            (json!({ "nonce": "n2" }), Err(Nonce)),
            (json!({ "nonce": null }), Err(Nonce)),
            (json!({ "sub": "" }), Err(Subject)),
            (json!({ "sub": 5 }), Err(Subject)),
            (json!({ "sub": "x".repeat(256) }), Err(Subject)),
        ] {
            assert_eq!(check(&change), wanted, "{change}");
        }
    }

    /// As of services that name the account in `azp`.
    #[test]
    fn what_answers_no_request_is_for_one_audience_alone() {
        let check = |change: &Value| {
            let mut claims = good();
            for (name, value) in change.as_object().unwrap() {
                claims[name] = value.clone();
            }
            let Value::Object(claims) = claims else { unreachable!() };
            let (issuer, audience) = ("https://id.example.com", "registry");
            let expected = Expected { issuer, audience, nonce: None, now: NOW };
            Claims::unverified(claims).check(&expected)
        };
        assert_eq!(check(&json!({ "azp": "1234" })), Ok(()));
        let both = json!({ "aud": ["registry", "other"], "azp": "registry" });
        assert_eq!(check(&both), Err(BadClaims::Audience));
    }

    #[test]
    fn claims_are_compared_as_one_text() {
        let json = br#"{"a": "1", "b": 1, "c": true, "d": 1.5, "e": ["1"], "f": null}"#;
        let claims = Claims::of_user_info(json).unwrap();
        let all: Vec<Option<String>> =
            ["a", "b", "c", "d", "e", "f", "g"].iter().map(|it| claims.comparable(it)).collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(all, [text("1"), text("1"), text("true"), None, None, None, None]);
        assert_eq!(claims.texts("e"), ["1"]);
        assert_eq!(claims.texts("a"), ["1"]);
        assert_eq!(Claims::of_user_info(b"[]"), None);
    }
}
