//! The tables, by what is decided.

mod access;
mod copies;
mod mail;
mod person;
mod start;
