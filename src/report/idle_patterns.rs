//! Patterns that select nothing, and lines that give no ref a name, which are often mistakes.

use crate::agent::log::Log;
use crate::mirror::policy::Selection;
use crate::protocol::ref_list::RefList;
use crate::protocol::ref_name::RefName;

/// Says which patterns and lines match no ref of either side. A folder may well be empty, so only one of one name is a
/// warning.
pub fn tell(log: &Log, selection: &Selection, source: &RefList, destination: &RefList) {
    for pattern in idle_patterns(selection, source, destination) {
        let text = format!("the pattern '{pattern}' matches no ref on either side");
        if pattern.contains(['*', '?']) {
            log.line(&text);
        } else {
            log.warning(&format!("{text}; for a folder write '{pattern}/*'"));
        }
    }
    for line in selection.map().lines() {
        let is_used = bytes(source).any(|name| line.takes(name) && selection.takes(name));
        if is_used || bytes(destination).any(|name| line.gives(name)) {
            continue;
        }
        let text = format!("the line '{line}' matches no selected ref on either side");
        if line.is_one_name() { log.warning(&text) } else { log.line(&text) }
    }
}

/// Returns the patterns that match no name that a ref has, or can have had, at the source.
fn idle_patterns(selection: &Selection, source: &RefList, destination: &RefList) -> Vec<String> {
    let own = bytes(source);
    if selection.map().is_identity() {
        return selection.idle(&own.chain(bytes(destination)));
    }
    let preimages: Vec<_> = bytes(destination).flat_map(|name| selection.map().preimages(name)).collect();
    selection.idle(&own.chain(preimages.iter().map(RefName::as_bytes)))
}

fn bytes(list: &RefList) -> impl Iterator<Item = &[u8]> + Clone {
    list.refs().iter().map(|listed| listed.name.as_bytes())
}
