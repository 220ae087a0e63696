//! The tables, by what is decided.

mod access;
mod copies;
mod person;
mod start;
