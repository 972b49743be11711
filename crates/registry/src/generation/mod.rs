//! From the demand for an SDK to its files: how far each is, what is ordered, and what a new catalogue orders.

pub(crate) mod orders;
pub(crate) mod requests;
pub(crate) mod roll_out;
mod sources;
pub(crate) mod state;

pub use orders::{
    Order, closure_of, forget_order, oldest_orders, order, postpone_order, rejected_pin,
};
pub use requests::{
    failed, forget_state, heartbeat, request, request_if, state, state_lately, try_again,
};
pub use roll_out::{
    DEPENDENTS, Publication, finish_publications, order_default_heads, publish_catalogue,
};
pub use sources::{can_be_compiled, closure, dep, sources};
pub use state::{Effort, GenerationState, Requested, Requester};
