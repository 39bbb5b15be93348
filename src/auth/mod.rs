//! Credentials and the schemes they are sent by.

pub mod credentials;
pub mod scheme;
pub mod schemes;
#[cfg(test)]
pub mod tests;
