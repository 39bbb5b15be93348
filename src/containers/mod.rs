//! The repositories of a container, such as a project or an organization: which are mirrored. No run
//! has a container yet.

pub mod selection;
