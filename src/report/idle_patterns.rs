//! Patterns that select nothing, which are often mistakes.

use crate::agent::log::Log;
use crate::mirror::policy::Selection;
use crate::protocol::ref_list::RefList;

/// Says which patterns match no ref of either side. A folder may well be empty, so only a pattern of one
/// name is a warning.
pub fn tell(log: &Log, selection: &Selection, source: &RefList, destination: &RefList) {
    let refs = source.refs().iter().chain(destination.refs());
    for pattern in selection.idle(&refs.map(|listed| listed.name.as_bytes())) {
        let text = format!("the pattern '{pattern}' matches no ref on either side");
        if pattern.contains(['*', '?']) {
            log.line(&text);
        } else {
            log.warning(&format!("{text}; for a folder write '{pattern}/*'"));
        }
    }
}
