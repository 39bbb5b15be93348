//! The repositories of a container, such as a project or an organization: which are mirrored, and by which job. No run
//! has a container yet.

pub mod selection;
pub mod slice;
