//! Sweeps: who is served and who goes without, what is let pass, what dies, what is taken back, what is remembered.

mod approval;
mod back;
mod death;
mod memory;
mod stock;
