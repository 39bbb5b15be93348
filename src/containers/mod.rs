//! The repositories of a container, such as a project or an organization: their list, which are mirrored, by which job,
//! and under which names.

pub mod expansion;
pub mod list;
pub mod naming;
pub mod selection;
pub mod slice;
pub mod target;
pub mod template;
