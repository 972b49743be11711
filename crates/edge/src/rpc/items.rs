//! What the items of a call may be. Every request says it here: one that does not cannot be decoded.

use super::{Kind, Problem, call::MOST_ITEMS, reference::Reference};
use protoedge_bufapi::proto::buf::{
    alpha::registry::v1alpha1 as alpha,
    registry::{
        module::{v1, v1beta1},
        owner::v1 as owner,
    },
};
use std::collections::HashSet;

/// How many organizations or modules one call makes: each is some operations of the bucket, and the buf
/// CLI asks for one at a time.
const MOST_MADE: usize = 10;

/// How many labels one call moves or archives: each is up to thirteen operations of the bucket, of which a request has 1,000.
const MOST_MOVED: usize = 70;

/// A request whose items are looked at before anything is done for one of them.
pub(super) trait Checked: prost::Message + Default {
    /// Refuses too many items, and those that name the same twice.
    fn check(&self) -> Result<(), Problem>;
}

/// An item that names something.
trait Naming {
    /// What it names, as the caller spells it; `None` where it names nothing, which is refused elsewhere.
    /// Names hold neither `/` nor `:`, so that different ones stay different.
    fn spelling(&self) -> Option<String>;
}

/// Requests of one item at most.
macro_rules! single {
    ($($request:ty,)*) => {
        $(impl Checked for $request {
            fn check(&self) -> Result<(), Problem> {
                Ok(())
            }
        })*
    };
}

/// Requests with a list of items, each of which names something else.
///
/// The buf CLI (1.32 to 1.75) names nothing twice in these: it asks for dependencies, which its configuration
/// may not repeat, and for owners and modules one by one.
macro_rules! distinct {
    ($($request:ty: $items:ident,)*) => {
        $(impl Checked for $request {
            fn check(&self) -> Result<(), Problem> {
                distinct(&self.$items)
            }
        })*
    };
}

/// Requests that make or change each of their items.
macro_rules! changing {
    ($($request:ty: $items:ident, $most:ident $what:literal,)*) => {
        $(impl Checked for $request {
            fn check(&self) -> Result<(), Problem> {
                few(&self.$items, $most, $what)?;
                distinct(&self.$items)
            }
        })*
    };
}

single! {
    owner::GetCurrentUserRequest,
    alpha::GetCurrentUserRequest,
    alpha::GetLatestCuratedPluginRequest,
    alpha::GetGoVersionRequest,
    alpha::GetNpmVersionRequest,
    alpha::GetPythonVersionRequest,
    alpha::GetSdkInfoRequest,
    alpha::CreateWebhookRequest,
    alpha::DeleteWebhookRequest,
    alpha::ListWebhooksRequest,
    v1::ListCommitsRequest,
    v1::ListLabelsRequest,
    v1::ListLabelHistoryRequest,
}

distinct! {
    owner::GetOwnersRequest: owner_refs,
    owner::GetOrganizationsRequest: organization_refs,
    v1::GetModulesRequest: module_refs,
    v1::ListModulesRequest: owner_refs,
    v1::GetCommitsRequest: resource_refs,
    v1::GetResourcesRequest: resource_refs,
    v1::GetLabelsRequest: label_refs,
    v1::GetGraphRequest: resource_refs,
    v1::DownloadRequest: values,
    // The dependencies of a push are compared where they are looked up, in `crates/registry`. Labels may
    // be named twice: the CLI sends those that its user repeats, and a push moves each of them once.
    v1::UploadRequest: contents,
    v1beta1::GetCommitsRequest: resource_refs,
    v1beta1::GetGraphRequest: resource_refs,
    v1beta1::DownloadRequest: values,
    v1beta1::UploadRequest: contents,
}

changing! {
    owner::CreateOrganizationsRequest: values, MOST_MADE "organizations",
    v1::CreateModulesRequest: values, MOST_MADE "modules",
    owner::UpdateOrganizationsRequest: values, MOST_MADE "organizations",
    owner::DeleteOrganizationsRequest: organization_refs, MOST_MADE "organizations",
    v1::UpdateModulesRequest: values, MOST_MADE "modules",
    v1::DeleteModulesRequest: module_refs, MOST_MADE "modules",
    v1::ArchiveLabelsRequest: label_refs, MOST_MOVED "labels",
    v1::UnarchiveLabelsRequest: label_refs, MOST_MOVED "labels",
}

impl Checked for v1::CreateOrUpdateLabelsRequest {
    /// A label may be named twice for the same commit, since `buf registry module commit add-label` sends
    /// what its user repeats: the second move finds the label where it is to be.
    fn check(&self) -> Result<(), Problem> {
        few(&self.values, MOST_MOVED, "labels")?;
        let values: HashSet<_> = self.values.iter().collect();
        once(values)
    }
}

fn few<T>(items: &[T], most: usize, what: &str) -> Result<(), Problem> {
    if items.len() <= most {
        return Ok(());
    }
    let given = items.len();
    let message =
        format!("a call changes at most {most} {what}, not {given}: change fewer at once");
    Err(Problem::new(Kind::Full, message))
}

fn distinct<T: Naming>(items: &[T]) -> Result<(), Problem> {
    at_most(items)?;
    once(items)
}

fn at_most<T>(items: &[T]) -> Result<(), Problem> {
    if items.len() <= MOST_ITEMS {
        return Ok(());
    }
    let message = format!("a call may have {MOST_ITEMS} items, not {}", items.len());
    Err(Problem::new(Kind::Malformed, message))
}

fn once<'a, T: Naming + 'a>(items: impl IntoIterator<Item = &'a T>) -> Result<(), Problem> {
    let mut seen = HashSet::new();
    let mut spellings = items.into_iter().filter_map(Naming::spelling);
    match spellings.find(|spelling| !seen.insert(spelling.clone())) {
        None => Ok(()),
        Some(spelling) => {
            let message = format!("the call names {spelling} twice; name each only once");
            Err(Problem::new(Kind::Malformed, message))
        }
    }
}

fn id(id: &str) -> String {
    format!("the id {id}")
}

/// `owner/module`, or with a reference `owner/module:reference`.
fn resource(owner: &str, module: &str, reference: &str) -> String {
    let colon = if reference.is_empty() { "" } else { ":" };
    format!("{owner}/{module}{colon}{reference}")
}

impl Naming for Reference {
    fn spelling(&self) -> Option<String> {
        Some(match self {
            Self::Id(it) => id(it),
            Self::Name { owner, module, reference } => resource(owner, module, reference),
            Self::Label { owner, module, label } => resource(owner, module, label),
        })
    }
}

impl Naming for v1::ResourceRef {
    fn spelling(&self) -> Option<String> {
        Reference::try_from(self.clone()).ok()?.spelling()
    }
}

impl Naming for v1beta1::ResourceRef {
    fn spelling(&self) -> Option<String> {
        Reference::try_from(self.clone()).ok()?.spelling()
    }
}

impl Naming for v1beta1::get_graph_request::ResourceRef {
    // A registry that is not this one is refused elsewhere.
    fn spelling(&self) -> Option<String> {
        self.resource_ref.as_ref()?.spelling()
    }
}

impl Naming for v1::download_request::Value {
    fn spelling(&self) -> Option<String> {
        self.resource_ref.as_ref()?.spelling()
    }
}

impl Naming for v1beta1::download_request::Value {
    fn spelling(&self) -> Option<String> {
        self.resource_ref.as_ref()?.spelling()
    }
}

impl Naming for v1::LabelRef {
    fn spelling(&self) -> Option<String> {
        use v1::label_ref::Value;
        Some(match self.value.as_ref()? {
            Value::Id(it) => id(it),
            Value::Name(it) => resource(&it.owner, &it.module, &it.label),
        })
    }
}

impl Naming for v1::create_or_update_labels_request::Value {
    fn spelling(&self) -> Option<String> {
        self.label_ref.as_ref()?.spelling()
    }
}

impl Naming for v1::ModuleRef {
    fn spelling(&self) -> Option<String> {
        use v1::module_ref::Value;
        Some(match self.value.as_ref()? {
            Value::Id(it) => id(it),
            Value::Name(it) => resource(&it.owner, &it.module, ""),
        })
    }
}

impl Naming for v1::upload_request::Content {
    fn spelling(&self) -> Option<String> {
        self.module_ref.as_ref()?.spelling()
    }
}

impl Naming for v1beta1::upload_request::Content {
    fn spelling(&self) -> Option<String> {
        use v1beta1::module_ref::Value;
        Some(match self.module_ref.as_ref()?.value.as_ref()? {
            Value::Id(it) => id(it),
            Value::Name(it) => resource(&it.owner, &it.module, ""),
        })
    }
}

impl Naming for v1::create_modules_request::Value {
    fn spelling(&self) -> Option<String> {
        use owner::owner_ref::Value;
        Some(match self.owner_ref.as_ref()?.value.as_ref()? {
            Value::Id(it) => resource(&id(it), &self.name, ""),
            Value::Name(it) => resource(it, &self.name, ""),
        })
    }
}

impl Naming for v1::update_modules_request::Value {
    fn spelling(&self) -> Option<String> {
        self.module_ref.as_ref()?.spelling()
    }
}

impl Naming for owner::OwnerRef {
    fn spelling(&self) -> Option<String> {
        use owner::owner_ref::Value;
        Some(match self.value.as_ref()? {
            Value::Id(it) => id(it),
            Value::Name(it) => it.clone(),
        })
    }
}

impl Naming for owner::OrganizationRef {
    fn spelling(&self) -> Option<String> {
        use owner::organization_ref::Value;
        Some(match self.value.as_ref()? {
            Value::Id(it) => id(it),
            Value::Name(it) => it.clone(),
        })
    }
}

impl Naming for owner::update_organizations_request::Value {
    fn spelling(&self) -> Option<String> {
        self.organization_ref.as_ref()?.spelling()
    }
}

impl Naming for owner::create_organizations_request::Value {
    fn spelling(&self) -> Option<String> {
        Some(self.name.clone())
    }
}
