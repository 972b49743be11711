//! bufapi
