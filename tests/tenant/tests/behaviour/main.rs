//! What the tenant does and refuses, asked in process and without a socket, one file per subject.

#[cfg(test)]
mod application_crowd;
#[cfg(test)]
mod applications;
#[cfg(test)]
mod authentication;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod client;
#[cfg(test)]
mod control;
#[cfg(test)]
mod credential_uses;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod delta;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod drives;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod federated;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod group_delta;
#[cfg(test)]
mod group_licensing;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lag;
#[cfg(test)]
mod leaver;
#[cfg(test)]
mod licences;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod methods;
#[cfg(test)]
mod passes;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod quota;
#[cfg(test)]
mod relations;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod rounds;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod sign_ins;
#[cfg(test)]
mod signing_in;
#[cfg(test)]
mod state;
#[cfg(test)]
mod teams;
#[cfg(test)]
mod users;
#[cfg(test)]
mod vault;
