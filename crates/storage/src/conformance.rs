//! The tests that every [`Bucket`] passes: here the one in memory, through `wrangler dev` R2.

use crate::bucket::{Bucket, BucketError, Condition, ETag, Put, PutOptions};
use sha2::{Digest, Sha512};

/// How an upload is made of bytes, which differs from bucket to bucket.
pub type Uploader<B> = fn(Vec<u8>) -> <B as Bucket>::Upload;

/// Runs every test below `prefix`, which must be empty, and cleans up. One line a test: its name and
/// what went wrong, if anything did.
pub async fn run<B: Bucket>(
    bucket: &B,
    prefix: &str,
    upload: Uploader<B>,
) -> Vec<(&'static str, Result<(), String>)> {
    let suite = Suite { bucket, prefix, upload };
    let results = vec![
        ("absence is a value", suite.absence().await),
        ("a put only if absent happens once", suite.absent_only().await),
        ("a put against an etag happens once", suite.against_an_etag().await),
        ("a get gives body and range, a head metadata", suite.reads().await),
        ("a get unless the etag matches gives no body", suite.unless().await),
        ("an empty object has a body without bytes", suite.empty().await),
        ("a streamed put checks its sha512", suite.streams().await),
        ("a streamed put only if absent happens once", suite.streams_once().await),
        ("a list is ordered, prefixed and paged", suite.lists().await),
        ("a delete takes several keys and absent ones", suite.deletes().await),
    ];
    let rest = bucket.list(prefix, None, 1000).await.map(|page| page.objects).unwrap_or_default();
    let keys: Vec<String> = rest.into_iter().map(|meta| meta.key).collect();
    if let Err(error) = bucket.delete(&keys).await {
        return vec![("cleaning up", Err(error.to_string()))];
    }
    results
}

struct Suite<'a, B: Bucket> {
    bucket: &'a B,
    prefix: &'a str,
    upload: Uploader<B>,
}

type Outcome = Result<(), String>;

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, want: &T) -> Outcome {
    if got == want { Ok(()) } else { Err(format!("{what}: got {got:?}, wanted {want:?}")) }
}

fn text(error: &BucketError) -> String {
    error.to_string()
}

fn options() -> PutOptions {
    let metadata = [("sha1".to_owned(), "abc".to_owned())].into();
    PutOptions { media_type: "text/plain", metadata }
}

impl<B: Bucket> Suite<'_, B> {
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    async fn put(&self, name: &str, body: &str, condition: Condition) -> Result<Put, String> {
        let key = self.key(name);
        self.bucket.put(&key, body.into(), condition, options()).await.map_err(|e| text(&e))
    }

    async fn stored(&self, name: &str, body: &str, condition: Condition) -> Result<ETag, String> {
        match self.put(name, body, condition).await? {
            Put::Stored(etag) => Ok(etag),
            other => Err(format!("{name} was not stored: {other:?}")),
        }
    }

    async fn body(&self, name: &str) -> Result<Option<String>, String> {
        let object = self.bucket.get(&self.key(name), None, None).await.map_err(|e| text(&e))?;
        let Some(body) = object.and_then(|object| object.body) else { return Ok(None) };
        let bytes = self.bucket.read(body).await.map_err(|e| text(&e))?;
        String::from_utf8(bytes).map(Some).map_err(|e| e.to_string())
    }

    async fn absence(&self) -> Outcome {
        expect("get", &self.body("none").await?, &None)?;
        let head = self.bucket.head(&self.key("none")).await.map_err(|e| text(&e))?;
        expect("head", &head, &None)
    }

    async fn absent_only(&self) -> Outcome {
        self.stored("once", "1", Condition::Absent).await?;
        expect(
            "second",
            &self.put("once", "2", Condition::Absent).await?,
            &Put::PreconditionFailed,
        )?;
        expect("body", &self.body("once").await?.as_deref(), &Some("1"))
    }

    async fn against_an_etag(&self) -> Outcome {
        let first = self.stored("cas", "1", Condition::Always).await?;
        let second = self.stored("cas", "2", Condition::Matches(first.clone())).await?;
        expect("etags differ", &(first == second), &false)?;
        expect(
            "stale",
            &self.put("cas", "3", Condition::Matches(first)).await?,
            &Put::PreconditionFailed,
        )?;
        expect(
            "absent",
            &self.put("cas2", "3", Condition::Matches(second)).await?,
            &Put::PreconditionFailed,
        )?;
        expect("body", &self.body("cas").await?.as_deref(), &Some("2"))
    }

    async fn reads(&self) -> Outcome {
        let etag = self.stored("read", "0123456789", Condition::Always).await?;
        let object = self.bucket.get(&self.key("read"), Some(2..5), None).await;
        let object = object.map_err(|e| text(&e))?.ok_or("the object is missing")?;
        expect("etag", &object.etag, &etag)?;
        expect("size", &object.size, &10)?;
        let body = object.body.ok_or("the body is missing")?;
        let body = self.bucket.read(body).await.map_err(|e| text(&e))?;
        expect("range", &body.as_slice(), &b"234".as_slice())?;
        let head = self.bucket.head(&self.key("read")).await.map_err(|e| text(&e))?;
        expect(
            "head",
            &head.map(|meta| (meta.size, meta.metadata)),
            &Some((10, options().metadata)),
        )
    }

    async fn unless(&self) -> Outcome {
        let etag = self.stored("unless", "x", Condition::Always).await?;
        let other = ETag("0123456789abcdef0123456789abcdef".into());
        for (unless, has_body) in [(&etag, false), (&other, true)] {
            let object = self.bucket.get(&self.key("unless"), None, Some(unless)).await;
            let object = object.map_err(|e| text(&e))?.ok_or("the object is missing")?;
            expect("body", &object.body.is_some(), &has_body)?;
        }
        let absent = self.bucket.get(&self.key("unless/absent"), None, Some(&etag)).await;
        expect("absent", &absent.map_err(|e| text(&e))?.is_none(), &true)
    }

    async fn empty(&self) -> Outcome {
        let etag = self.stored("empty", "", Condition::Always).await?;
        let get = async |unless| {
            let object = self.bucket.get(&self.key("empty"), None, unless).await;
            object.map_err(|e| text(&e))?.ok_or_else(|| "the object is missing".to_owned())
        };
        let object = get(None).await?;
        expect("size", &object.size, &0)?;
        let body = object.body.ok_or("the body is missing")?;
        let body = self.bucket.read(body).await.map_err(|e| text(&e))?;
        expect("body", &body, &Vec::new())?;
        let whole = self.bucket.whole(&self.key("empty")).await.map_err(|e| text(&e))?;
        expect("whole", &whole, &Some((Vec::new(), etag.clone())))?;
        expect("known", &get(Some(&etag)).await?.body.is_none(), &true)
    }

    async fn put_stream(
        &self,
        name: &str,
        body: &[u8],
        sha512: [u8; 64],
    ) -> Result<Put, BucketError> {
        let upload = (self.upload)(body.to_vec());
        self.bucket.put_stream(&self.key(name), upload, sha512, Condition::Absent, options()).await
    }

    async fn streams(&self) -> Outcome {
        let body = vec![7; 300_000];
        let sha512: [u8; 64] = Sha512::digest(&body).into();
        let wrong = self.put_stream("stream", &body, [0; 64]).await;
        expect("mismatch", &wrong, &Err(BucketError::Mismatch { key: self.key("stream") }))?;
        let head = self.bucket.head(&self.key("stream")).await.map_err(|e| text(&e))?;
        expect("nothing is stored", &head, &None)?;
        let right = self.put_stream("stream", &body, sha512).await.map_err(|e| text(&e))?;
        expect("stored", &matches!(right, Put::Stored(_)), &true)?;
        let head = self.bucket.head(&self.key("stream")).await.map_err(|e| text(&e))?;
        let got = head.map(|meta| (meta.size, meta.metadata));
        expect("head", &got, &Some((300_000, options().metadata)))
    }

    async fn streams_once(&self) -> Outcome {
        let sha512 = |body: &[u8]| Sha512::digest(body).into();
        let first = self.put_stream("stream-once", b"1", sha512(b"1")).await;
        expect("first", &matches!(first, Ok(Put::Stored(_))), &true)?;
        let second = self.put_stream("stream-once", b"2", sha512(b"2")).await;
        expect("second", &second, &Ok(Put::PreconditionFailed))?;
        expect("body", &self.body("stream-once").await?.as_deref(), &Some("1"))
    }

    async fn lists(&self) -> Outcome {
        for name in ["list/b", "list/a/x", "list/c", "list2"] {
            self.stored(name, "", Condition::Always).await?;
        }
        let page = |after: Option<String>, limit| async move {
            let after = after.as_deref();
            self.bucket.list(&self.key("list/"), after, limit).await.map_err(|e| text(&e))
        };
        let all = page(None, 1000).await?;
        let keys: Vec<_> = all.objects.iter().map(|meta| meta.key.clone()).collect();
        expect(
            "all",
            &keys,
            &["list/a/x", "list/b", "list/c"].map(|name| self.key(name)).to_vec(),
        )?;
        expect("more", &all.more, &false)?;
        let metadata = all.objects.iter().all(|meta| meta.metadata == options().metadata);
        expect("metadata", &metadata, &true)?;
        let first = page(None, 2).await?;
        expect("first page", &(first.objects.len(), first.more), &(2, true))?;
        let second = page(Some(self.key("list/b")), 2).await?;
        let keys: Vec<_> = second.objects.iter().map(|meta| meta.key.clone()).collect();
        expect("second page", &keys, &vec![self.key("list/c")])?;
        expect("no more", &second.more, &false)
    }

    async fn deletes(&self) -> Outcome {
        self.stored("delete/a", "", Condition::Always).await?;
        self.stored("delete/b", "", Condition::Always).await?;
        let keys = ["delete/a", "delete/none", "delete/b"].map(|name| self.key(name));
        self.bucket.delete(&keys).await.map_err(|e| text(&e))?;
        let page = self.bucket.list(&self.key("delete/"), None, 10).await.map_err(|e| text(&e))?;
        expect("left", &page.objects.len(), &0)
    }
}
