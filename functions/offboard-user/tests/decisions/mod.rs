//! The tables, by what is decided.

mod access;
mod cut_off;
mod end;
mod groups;
mod licences;
mod mail;
mod modes;
mod order;
mod start;
