//! How long a server may be silent. A run never hangs: it ends in an error that says so.

use std::time::Duration;

/// How long nothing may move while bytes are due.
pub(super) const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a destination may be silent after the last byte of a pack: it checks every object meanwhile.
pub(super) const REPORT_TIMEOUT: Duration = Duration::from_secs(15 * 60);
